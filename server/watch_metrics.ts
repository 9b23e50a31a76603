import type { Registry } from "prom-client";
import type { PodWatchState } from "../tools/k8s/watch/pod_watch.ts";
import { Counter, Gauge } from "./prom_client.ts";

/** Metrics of the watches of pods, read when Prometheus asks: series of namespaces that are watched, and of no others. */
export function registerWatchMetrics(registry: Registry, watches: () => readonly PodWatchState[]): void {
  const gauge = (name: string, help: string, read: (watch: PodWatchState) => number | undefined) =>
    new Gauge({
      name,
      help,
      labelNames: ["namespace"],
      registers: [registry],
      collect() {
        this.reset();
        for (const watch of watches()) {
          const value = read(watch);
          if (value !== undefined) this.set({ namespace: watch.namespace }, value);
        }
      },
    });
  gauge("mcp_k8s_watch_pods", "Pods that a watch of a namespace holds", ({ pods }) => pods);
  gauge(
    "mcp_k8s_watch_connected",
    "Whether a watch of a namespace's pods is told of changes: 1 it is, 0 it is broken or begins",
    ({ connected }) => connected ? 1 : 0,
  );
  gauge(
    "mcp_k8s_watch_age_seconds",
    "Seconds since a watch of a namespace's pods last heard of the cluster",
    ({ ageSeconds }) => ageSeconds,
  );
  new Counter({
    name: "mcp_k8s_watch_lists_total",
    help: "Lists of all pods that a watch of a namespace began with: its first, and one each time it could not go on",
    labelNames: ["namespace"],
    registers: [registry],
    collect() {
      this.reset();
      for (const { namespace, lists } of watches()) this.inc({ namespace }, lists);
    },
  });
}
