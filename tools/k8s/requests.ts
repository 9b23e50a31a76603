import type { PodRequests } from "./pod_shape.ts";
import { parseQuantity } from "./quantity.ts";

/** Cores and bytes. */
export interface Requested {
  readonly cpu: number;
  readonly memory: number;
}

/** What the scheduler counts for a pod: its containers and sidecars together, or its largest init container. */
export function requestsOf({ spec }: PodRequests): Requested {
  const inits = spec.initContainers ?? [];
  const running = [...spec.containers, ...inits.filter(({ restartPolicy }) => restartPolicy === "Always")];
  const of = (resource: "cpu" | "memory") => {
    const requested = ({ resources }: (typeof running)[number]) => parseQuantity(resources?.requests?.[resource]) ?? 0;
    const together = running.reduce((sum, one) => sum + requested(one), 0);
    return Math.max(together, ...inits.filter(({ restartPolicy }) => restartPolicy !== "Always").map(requested));
  };
  return { cpu: of("cpu"), memory: of("memory") };
}

/** Whether a pod holds what it has requested: one that has ended does not. */
export function isOnNode({ status }: PodRequests): boolean {
  return status?.phase !== "Succeeded" && status?.phase !== "Failed";
}
