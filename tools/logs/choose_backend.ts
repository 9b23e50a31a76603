import type { CatalogueOptions } from "../catalogue.ts";
import type { LogBackend } from "./backend.ts";
import { clusterLogs } from "./cluster_logs.ts";
import { lokiLogs } from "./loki/loki_logs.ts";

/** Loki where it is configured, else the cluster: one of them, never the other in its place. */
export function chooseLogBackend(
  { cluster, loki, clock }: Pick<CatalogueOptions, "cluster" | "loki" | "clock">,
): LogBackend {
  return loki ? lokiLogs(loki, () => clock.now()) : clusterLogs(cluster);
}
