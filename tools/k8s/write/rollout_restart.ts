import { z } from "zod";
import type { Clock } from "../../../storage/clock.ts";
import { ToolError } from "../../error.ts";
import { defineTool } from "../../tool.ts";
import type { Cluster } from "../cluster.ts";
import type { Confirming } from "./ask_first.ts";
import { memberOf } from "./member.ts";
import { changeOutput, confirmInput, inTwoPhases, printChange } from "./two_phases.ts";
import { workloadInput, WORKLOADS } from "./workload_input.ts";

/** kubectl's own: another value of it in the pods' template begins a rollout. */
const RESTARTED_AT = "kubectl.kubernetes.io/restartedAt";

/** `k8s.rollout_restart`: new pods in place of a workload's, by its own rollout strategy. */
export function k8sRolloutRestart(
  cluster: Pick<Cluster, "changes">,
  clock: Pick<Clock, "now">,
  confirming: Confirming,
) {
  return defineTool({
    name: "k8s.rollout_restart",
    toolset: "k8s-write",
    summary: "Restart a workload",
    description:
      "Restarts a workload's pods by a rollout, as kubectl rollout restart does. Without confirm a dry run; call again " +
      "with its confirm to do it. conflict: it changed meanwhile. k8s.rollout shows how it goes.",
    input: z.strictObject({
      ...workloadInput,
      kind: z.enum(["deployment", "statefulset", "daemonset"]).default("deployment").describe("Kind"),
      ...confirmInput,
    }),
    output: changeOutput,
    effect: "outside",
    // A confirmation is for one state of the object, which the restart ends: a second call changes nothing.
    idempotent: true,
    openWorld: true,
    untrusted: "an object of the cluster",
    print: printChange,
    run({ namespace, name, kind, confirm }, call) {
      const restartedAt = new Date(clock.now()).toISOString();
      return inTwoPhases(
        cluster.changes,
        {
          target: { kind: WORKLOADS[kind], namespace, name },
          patch: { spec: { template: { metadata: { annotations: { [RESTARTED_AT]: restartedAt } } } } },
          fields: [{
            field: "restarted at",
            of: (object) => memberOf(object, "spec", "template", "metadata", "annotations", RESTARTED_AT),
            willBe: "the time of the call with confirm",
          }],
          check(object) {
            if (memberOf(object, "spec", "paused") !== true) return;
            throw new ToolError("conflict", `Cannot restart ${kind} "${name}": its rollout is paused`, {
              hint: "Nothing would be restarted before a person resumes it: kubectl rollout resume",
            });
          },
        },
        { confirm, ...confirming },
        call,
      );
    },
  });
}
