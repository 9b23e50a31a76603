import { z } from "zod";
import { ToolError } from "../error.ts";
import type { Prometheus } from "../prom/prometheus.ts";
import type { ClusterCall } from "./cluster.ts";
import { POD_METRICS } from "./known_kinds.ts";
import type { ClusterObjects } from "./objects.ts";
import { parseQuantity } from "./quantity.ts";

/** What containers use: cores and bytes, by pod and container. */
export interface Usage {
  readonly source: "metrics API" | "Prometheus";
  readonly of: ReadonlyMap<string, { readonly cpu?: number; readonly memory?: number }>;
}

const metricsSchema = z.object({
  metadata: z.object({ name: z.string() }),
  containers: z.array(z.object({ name: z.string(), usage: z.record(z.string(), z.string()) })),
});

export function usageKey(pod: string, container: string): string {
  return `${pod}/${container}`; // Neither has a slash.
}

/**
 * What the containers of a namespace use, as the metrics API tells it, or else Prometheus.
 *
 * @throws {ToolError} `unavailable` where neither does, with the reasons of both.
 */
export async function readUsage(
  objects: Pick<ClusterObjects, "listObjects">,
  prometheus: Pick<Prometheus, "query">,
  namespace: string,
  call: ClusterCall,
): Promise<Usage> {
  try {
    const { items } = await objects.listObjects({ kind: POD_METRICS, namespace }, metricsSchema, call);
    const of = items.flatMap(({ metadata, containers }) =>
      containers.map(({ name, usage }) => {
        const [cpu, memory] = [parseQuantity(usage["cpu"]), parseQuantity(usage["memory"])];
        const used = { ...(cpu !== undefined && { cpu }), ...(memory !== undefined && { memory }) };
        return [usageKey(metadata.name, name), used] as const;
      })
    );
    return { source: "metrics API", of: new Map(of) };
  } catch (error) {
    if (!(error instanceof ToolError) || error.kind === "cancelled") throw error;
    call.signal.throwIfAborted();
    return await askPrometheus(prometheus, namespace, call, error);
  }
}

async function askPrometheus(
  prometheus: Pick<Prometheus, "query">,
  namespace: string,
  { signal }: ClusterCall,
  because: ToolError,
): Promise<Usage> {
  // The kubelet's own metrics; POD is the pause container of older runtimes.
  const containers = `{namespace="${namespace}",container!="",container!="POD"}`;
  // A kubelet tells the same under two paths, and two jobs may read it: what one of them says is the container's.
  const ofEach = (value: string) =>
    `max by (pod, container) (sum by (pod, container, job, instance, metrics_path) (${value}))`;
  try {
    const [cpu, memory] = await Promise.all([
      prometheus.query(ofEach(`rate(container_cpu_usage_seconds_total${containers}[5m])`), signal),
      prometheus.query(ofEach(`container_memory_working_set_bytes${containers}`), signal),
    ]);
    const of = new Map<string, { cpu?: number; memory?: number }>();
    for (const [name, { data }] of [["cpu", cpu], ["memory", memory]] as const) {
      for (const { labels, value } of data.type === "vector" ? data.series : []) {
        if (typeof value !== "number") continue;
        const key = usageKey(labels["pod"] ?? "", labels["container"] ?? "");
        of.set(key, { ...of.get(key), [name]: value });
      }
    }
    return { source: "Prometheus", of };
  } catch (error) {
    if (!(error instanceof ToolError) || error.kind === "cancelled") throw error;
    signal.throwIfAborted();
    throw new ToolError(
      "unavailable",
      `Cannot tell what pods use: the metrics API: ${because.message}; Prometheus: ${error.message}`,
      {
        hint: because.kind === "forbidden"
          ? `${because.hint}; or ask the operator to set PROMETHEUS_URL`
          : "Ask the operator to install metrics-server, or to set PROMETHEUS_URL",
        data: because.data,
        cause: error,
      },
    );
  }
}
