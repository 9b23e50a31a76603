import { z } from "zod";
import { defineTool } from "../../tool.ts";
import type { Cluster } from "../cluster.ts";
import type { Confirming } from "./ask_first.ts";
import { memberOf } from "./member.ts";
import { changeOutput, confirmInput, inTwoPhases, printChange } from "./two_phases.ts";
import { workloadInput, WORKLOADS } from "./workload_input.ts";

const REPLICAS_MAX = 1_000;

/** `k8s.scale`: another number of pods. */
export function k8sScale(cluster: Pick<Cluster, "changes">, confirming: Confirming) {
  return defineTool({
    name: "k8s.scale",
    toolset: "k8s-write",
    summary: "Scale a workload",
    description:
      "Sets the number of a workload's pods. Without confirm a dry run that tells what would change; call again with " +
      "its confirm to do it. conflict: it changed meanwhile. An autoscaler may change it back.",
    input: z.strictObject({
      ...workloadInput,
      kind: z.enum(["deployment", "statefulset", "replicaset"]).default("deployment").describe("Kind"),
      replicas: z.int().min(0).max(REPLICAS_MAX).describe("Pods"),
      ...confirmInput,
    }),
    output: changeOutput,
    effect: "outside",
    idempotent: true,
    openWorld: true,
    untrusted: "an object of the cluster",
    print: printChange,
    run: ({ namespace, name, kind, replicas, confirm }, call) =>
      inTwoPhases(
        cluster.changes,
        {
          target: { kind: WORKLOADS[kind], namespace, name, subresource: "scale" },
          patch: { spec: { replicas } },
          // The API leaves a 0 out.
          fields: [{ field: "replicas", of: (object) => memberOf(object, "spec", "replicas") ?? 0 }],
        },
        { confirm, ...confirming },
        call,
      ),
  });
}
