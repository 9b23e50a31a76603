import { Buffer } from "node:buffer";
import { z } from "zod";
import { unreadable } from "./answer_json.ts";
import { DEFAULT_PAGE_BYTES } from "../paging.ts";
import { ToolError } from "../error.ts";
import { defineTool } from "../tool.ts";
import type { Cluster } from "./cluster.ts";
import { refusalWarning } from "./forbidden.ts";
import { eventFields, happenedMembers, listHappened } from "./happened.ts";
import { objectName } from "./kind_input.ts";
import { POD } from "./known_kinds.ts";
import { namespaceName } from "./namespace.ts";
import { ownerChain } from "./owners.ts";
import { containerMembers, describePod, type Detail, podMembers } from "./pod_description.ts";
import { podSchema } from "./pod_shape.ts";

/** From everything to what a pod of dozens of containers leaves room for. */
const DETAILS: readonly Detail[] = [
  { containers: 30, events: 20, labels: 30, chars: 400 },
  { containers: 20, events: 12, labels: 12, chars: 240 },
  { containers: 10, events: 8, labels: 6, chars: 160 },
  { containers: 6, events: 5, labels: 3, chars: 100 },
  { containers: 4, events: 3, labels: 0, chars: 60 },
];

const outputSchema = z.object({
  ...podMembers,
  containers: z.array(z.object(containerMembers)).describe("Those in trouble first"),
  events: z.array(z.object(happenedMembers).omit({ object: true })).describe("The newest first"),
  warnings: z.array(z.string()).optional().describe("What to know beside the answer"),
});

/** `k8s.describe_pod`: all there is to know of a pod that is in trouble, in one answer. */
export function k8sDescribePod(cluster: Pick<Cluster, "objects">) {
  return defineTool({
    name: "k8s.describe_pod",
    toolset: "k8s",
    summary: "Describe a pod",
    description:
      "What is wrong with a pod, in one answer: conditions, each container's state, last termination, restarts, " +
      "probes and resources, who made the pod, and its events. logs.search has its logs.",
    input: z.strictObject({ namespace: namespaceName, pod: objectName.describe("Pod") }),
    output: outputSchema,
    effect: "read",
    idempotent: true,
    openWorld: true,
    untrusted: "a pod and its events",
    run: async ({ namespace, pod: name }, call) => {
      const { objects } = cluster;
      const fields = eventFields({ kind: "Pod", name });
      const events = listHappened(objects, { namespace, fields }, call).catch((error: unknown) => {
        if (error instanceof ToolError && error.kind === "forbidden") return error;
        throw error;
      });
      // Both at once: a pod that is not there makes the other's answer moot, not a fault.
      events.catch(() => {});
      const { data: pod, error } = podSchema.safeParse(await objects.getObject({ kind: POD, namespace, name }, call));
      if (error) throw unreadable(`a pod: ${error.issues[0]?.path.join(".")}: ${error.issues[0]?.message}`, error);
      const [happened, owners] = await Promise.all([
        events,
        ownerChain(objects, namespace, pod.metadata.ownerReferences?.[0], call),
      ]);
      const isRefused = happened instanceof ToolError;
      const warnings = isRefused ? [`No events: ${refusalWarning(happened)}`] : [];
      const described = DETAILS.map((detail) => {
        const answer = describePod(pod, owners, isRefused ? [] : happened.happened, detail);
        const said = [...warnings, ...answer.left];
        return { ...answer.described, ...(said.length > 0 && { warnings: said }) };
      });
      // The first that fits; the last one is small whatever the pod.
      return described.find((one) => Buffer.byteLength(JSON.stringify(one)) <= DEFAULT_PAGE_BYTES) ??
        described.at(-1) ?? Promise.reject(new Error("There is no level of detail"));
    },
  });
}
