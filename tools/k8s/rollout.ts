import { z } from "zod";
import { unreadable } from "./answer_json.ts";
import { defineTool } from "../tool.ts";
import type { Cluster } from "./cluster.ts";
import { objectName } from "./kind_input.ts";
import { DAEMON_SET, DEPLOYMENT, STATEFUL_SET } from "./known_kinds.ts";
import { warningsMember } from "./list_notes.ts";
import { namespaceName } from "./namespace.ts";
import { readRevisions, revisionMembers } from "./revisions.ts";
import { problemOf } from "./workload_problem.ts";
import { countsOf, workloadSchema, type WorkloadShape } from "./workload_shape.ts";

const KINDS = { deployment: DEPLOYMENT, statefulset: STATEFUL_SET, daemonset: DAEMON_SET };
/** A workload keeps ten unless it is told otherwise. */
const REVISIONS_MAX = 50;
const REVISIONS_DEFAULT = 5;

/** `k8s.rollout`: how far a workload's rollout is, and the revisions before it. */
export function k8sRollout(cluster: Pick<Cluster, "objects">) {
  return defineTool({
    name: "k8s.rollout",
    toolset: "k8s",
    summary: "Status and history of a rollout",
    description:
      "How far the rollout of a workload is, what holds it up, and its revisions with their images, the newest " +
      "first.",
    input: z.strictObject({
      namespace: namespaceName,
      kind: z.enum(["deployment", "statefulset", "daemonset"]).default("deployment").describe("Kind"),
      name: objectName,
      revisions: z.int().min(1).max(REVISIONS_MAX).default(REVISIONS_DEFAULT).describe("Revisions to show"),
    }),
    output: z.object({
      status: z.enum(["complete", "progressing", "stuck", "paused"]).describe("How far it is"),
      desired: z.int().describe("Pods it wants"),
      updated: z.int().describe("Pods of the newest revision"),
      ready: z.int().describe("Pods that are ready"),
      available: z.int().describe("Pods that have been ready for long enough"),
      problem: z.string().optional().describe("What holds it up"),
      history: z.array(z.object(revisionMembers)).describe("The newest first"),
      warnings: z.array(z.string()).optional().describe("What to know beside the answer"),
    }),
    effect: "read",
    idempotent: true,
    openWorld: true,
    untrusted: "conditions and annotations of workloads",
    run: async ({ namespace, kind: named, name, revisions }, call) => {
      const kind = KINDS[named];
      const object = await cluster.objects.getObject({ kind, namespace, name }, call);
      const { data: workload, error } = workloadSchema.safeParse(object);
      if (error) throw unreadable(`a ${named}: ${error.issues[0]?.path.join(".")}: ${error.issues[0]?.message}`, error);
      const { all, warnings } = await readRevisions(cluster.objects, workload, namespace, call);
      const problem = problemOf(workload);
      const said = all.length > revisions ? [`${revisions} of ${all.length} revisions: raise revisions for more`] : [];
      return {
        status: statusOf(workload),
        ...countsOf(workload),
        ...(problem !== undefined && { problem }),
        history: all.slice(0, revisions),
        ...warningsMember([...warnings, ...said]),
      };
    },
  });
}

/** As `kubectl rollout status` decides. */
function statusOf(workload: WorkloadShape): "complete" | "progressing" | "stuck" | "paused" {
  const { metadata, spec, status = {} } = workload;
  const { desired, updated, available } = countsOf(workload);
  if (spec.paused) return "paused";
  const progressing = status.conditions?.find(({ type }) => type === "Progressing");
  if (progressing?.reason === "ProgressDeadlineExceeded") return "stuck";
  const isSeen = (status.observedGeneration ?? 0) >= (metadata.generation ?? 0);
  const isReplaced = updated >= desired || status.currentRevision !== undefined &&
      status.currentRevision === status.updateRevision;
  return isSeen && isReplaced && available >= desired && (status.replicas ?? 0) <= Math.max(desired, updated)
    ? "complete"
    : "progressing";
}
