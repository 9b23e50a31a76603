import { z } from "zod";
import { cutPage, pageInput, pageMembers } from "../paging.ts";
import type { Prometheus } from "../prom/prometheus.ts";
import { defineTool } from "../tool.ts";
import type { Cluster } from "./cluster.ts";
import { labelsInput, objectName } from "./kind_input.ts";
import { POD } from "./known_kinds.ts";
import { notesOf, warningsMember } from "./list_notes.ts";
import { namespaceName } from "./namespace.ts";
import { type ContainerShape, podRequestsSchema } from "./pod_shape.ts";
import { parseQuantity, toMebibytes, toMillicores } from "./quantity.ts";
import { isOnNode } from "./requests.ts";
import { textNotes, textTable } from "./text_table.ts";
import { readUsage, type Usage, usageKey } from "./usage.ts";

const PAGE_MAX = 500;
/** From here on a container is close to being throttled or killed. */
const CLOSE = 0.9;

const usageSchema = z.object({
  pod: z.string().describe("Pod"),
  container: z.string().describe("Container"),
  cpu_m: z.int().optional().describe("Millicores used"),
  cpu_request_m: z.int().optional().describe("Millicores requested"),
  cpu_limit_m: z.int().optional().describe("Millicores at most"),
  memory_mi: z.int().optional().describe("MiB used"),
  memory_request_mi: z.int().optional().describe("MiB requested"),
  memory_limit_mi: z.int().optional().describe("MiB at most"),
});

type Row = z.output<typeof usageSchema>;

/** `k8s.resource_usage`: what containers use of what they request and may use. */
export function k8sResourceUsage(cluster: Pick<Cluster, "objects">, prometheus: Pick<Prometheus, "query">) {
  return defineTool({
    name: "k8s.resource_usage",
    toolset: "k8s",
    summary: "Usage against requests and limits",
    description: "What the containers of a namespace use against their requests and limits, those closest to a limit " +
      "first: over 90 % of memory means OOMKilled soon, of cpu throttled. From the metrics API, else Prometheus.",
    input: z.strictObject({
      namespace: namespaceName,
      pod: objectName.optional().describe("Only this pod"),
      labels: labelsInput,
      ...pageInput(PAGE_MAX),
    }),
    output: z.object({
      source: z.string().describe("metrics API or Prometheus"),
      containers: z.array(usageSchema).describe("Those closest to a limit first"),
      ...pageMembers,
    }),
    effect: "read",
    idempotent: true,
    openWorld: true,
    untrusted: "names of pods",
    print: (result) => {
      const of = (used?: number, request?: number, limit?: number) =>
        `${used ?? "?"}/${request ?? "-"}/${limit ?? "-"}`;
      const rows = result.containers.map((one) => [
        ...[one.pod, one.container, of(one.cpu_m, one.cpu_request_m, one.cpu_limit_m)],
        of(one.memory_mi, one.memory_request_mi, one.memory_limit_mi),
      ]);
      return textTable(["pod", "container", "cpu m used/request/limit", "memory Mi used/request/limit"], rows) +
        textNotes(result);
    },
    run: async ({ namespace, pod, labels, limit, cursor }, call) => {
      const fields = pod === undefined ? undefined : `metadata.name=${pod}`;
      const [usage, pods] = await Promise.all([
        readUsage(cluster.objects, prometheus, namespace, call),
        cluster.objects.listObjects({ kind: POD, namespace, labels, fields }, podRequestsSchema, call),
      ]);
      const rows = pods.items.filter(isOnNode).flatMap(({ metadata: { name }, spec }) => {
        const sidecars = (spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === "Always");
        return [...sidecars, ...spec.containers].map((container) => rowOf(name, container, usage));
      }).sort((a, b) => closeness(b) - closeness(a));
      const { items, ...page } = cutPage(rows, { limit, cursor });
      const close = rows.filter((row) => closeness(row) >= CLOSE).length;
      const unknown = rows.filter(({ cpu_m, memory_mi }) => cpu_m === undefined && memory_mi === undefined).length;
      const warnings = [
        ...notesOf(pods, pods.items.length, "labels"),
        ...(close > 0 ? [`${close} containers use over 90 % of a limit`] : []),
        ...(unknown > 0 ? [`Of ${unknown} of ${rows.length} containers nothing is measured`] : []),
      ];
      return { source: usage.source, containers: items, ...page, ...warningsMember(warnings) };
    },
  });
}

function rowOf(
  pod: string,
  { name, resources }: Pick<ContainerShape, "name" | "resources">,
  { of }: Usage,
): Row {
  const used = of.get(usageKey(pod, name));
  const cpu = (value: number | undefined) => value === undefined ? undefined : toMillicores(value);
  const memory = (value: number | undefined) => value === undefined ? undefined : toMebibytes(value);
  const members = {
    cpu_m: cpu(used?.cpu),
    cpu_request_m: cpu(parseQuantity(resources?.requests?.["cpu"])),
    cpu_limit_m: cpu(parseQuantity(resources?.limits?.["cpu"])),
    memory_mi: memory(used?.memory),
    memory_request_mi: memory(parseQuantity(resources?.requests?.["memory"])),
    memory_limit_mi: memory(parseQuantity(resources?.limits?.["memory"])),
  };
  const known = Object.entries(members).filter(([, value]) => value !== undefined);
  return { pod, container: name, ...Object.fromEntries(known) };
}

/** The larger part of a limit that is used; without limits, of what is requested, which comes after all limits. */
function closeness(
  { cpu_m = 0, cpu_limit_m, cpu_request_m, memory_mi = 0, memory_limit_mi, memory_request_mi }: Row,
): number {
  const part = (used: number, of: number | undefined) => of ? used / of : 0;
  const ofLimit = Math.max(part(cpu_m, cpu_limit_m), part(memory_mi, memory_limit_mi));
  return ofLimit > 0
    ? ofLimit
    : Math.min(0.5, Math.max(part(cpu_m, cpu_request_m), part(memory_mi, memory_request_mi))) / 1e6;
}
