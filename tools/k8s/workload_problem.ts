import { conditionWords } from "./container_words.ts";
import type { Condition } from "./pod_shape.ts";
import { countsOf, type WorkloadShape } from "./workload_shape.ts";

const CONDITION_CHARS_MAX = 240;

/** What is wrong with a workload, in a sentence; `undefined` where nothing is. */
export function problemOf(workload: WorkloadShape): string | undefined {
  const { kind, metadata, spec, status = {} } = workload;
  const { desired, ready, updated } = countsOf(workload);
  const bad = (status.conditions ?? []).find(isBad);
  if (bad) return conditionWords(bad, CONDITION_CHARS_MAX);
  if (kind === "Job") return jobProblem(workload);
  if ((status.observedGeneration ?? 0) < (metadata.generation ?? 0)) {
    return "its controller has not seen the last change";
  }
  if (spec.paused) return "its rollout is paused";
  if (ready < desired) return `${desired - ready} of ${desired} pods are not ready`;
  // A stateful set counts no updated pods once all are.
  const isUpdated = updated >= desired || (kind === "StatefulSet" && status.currentRevision === status.updateRevision);
  if (!isUpdated) {
    return `${desired - updated} of ${desired} pods are of an older revision`;
  }
  return status.numberMisscheduled ? `${status.numberMisscheduled} pods run where they should not` : undefined;
}

function jobProblem({ spec, status = {} }: WorkloadShape): string | undefined {
  if (spec.suspend) return "it is suspended";
  // A retry that may still succeed.
  return status.failed && (status.conditions ?? []).every(({ type }) => type !== "Complete")
    ? `${status.failed} pods have failed`
    : undefined;
}

function isBad({ type, status }: Condition): boolean {
  if (type === "Available" || type === "Progressing") return status === "False";
  return (type === "ReplicaFailure" || type === "Failed" || type === "FailureTarget") && status === "True";
}
