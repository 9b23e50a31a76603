import { z } from "zod";
import { conditionSchema } from "./pod_shape.ts";

/** What is read of deployments, stateful sets, daemon sets and jobs alike: each has some of it. */
export const workloadSchema = z.object({
  kind: z.string(),
  metadata: z.object({
    name: z.string(),
    generation: z.number().optional(),
    annotations: z.record(z.string(), z.string()).optional(),
  }),
  spec: z.object({
    replicas: z.number().optional(),
    paused: z.boolean().optional(),
    suspend: z.boolean().optional(),
    completions: z.number().nullish(),
    parallelism: z.number().nullish(),
    selector: z.object({ matchLabels: z.record(z.string(), z.string()).optional() }).optional(),
    updateStrategy: z.object({ type: z.string().optional() }).optional(),
  }),
  status: z.object({
    observedGeneration: z.number().optional(),
    replicas: z.number().optional(),
    readyReplicas: z.number().optional(),
    updatedReplicas: z.number().optional(),
    availableReplicas: z.number().optional(),
    desiredNumberScheduled: z.number().optional(),
    updatedNumberScheduled: z.number().optional(),
    numberReady: z.number().optional(),
    numberAvailable: z.number().optional(),
    numberMisscheduled: z.number().optional(),
    currentRevision: z.string().optional(),
    updateRevision: z.string().optional(),
    active: z.number().optional(),
    succeeded: z.number().optional(),
    failed: z.number().optional(),
    conditions: z.array(conditionSchema).optional(),
  }).optional(),
});

export type WorkloadShape = z.output<typeof workloadSchema>;

/** Pods of a workload, or completions of a job. */
export interface Counts {
  readonly desired: number;
  readonly ready: number;
  /** Of the newest revision. */
  readonly updated: number;
  readonly available: number;
}

export function countsOf({ kind, spec, status = {} }: WorkloadShape): Counts {
  if (kind === "DaemonSet") {
    return {
      desired: status.desiredNumberScheduled ?? 0,
      ready: status.numberReady ?? 0,
      updated: status.updatedNumberScheduled ?? 0,
      available: status.numberAvailable ?? 0,
    };
  }
  if (kind === "Job") {
    const succeeded = status.succeeded ?? 0;
    return { desired: spec.completions ?? 1, ready: succeeded, updated: succeeded, available: succeeded };
  }
  return {
    desired: spec.replicas ?? 1,
    ready: status.readyReplicas ?? 0,
    updated: status.updatedReplicas ?? 0,
    available: status.availableReplicas ?? 0,
  };
}
