import type { ToolsetOptions } from "./catalogue.ts";
import type { Tool } from "./tool.ts";
import type { Toolset } from "./toolsets.ts";

/** Makes the tools of a toolset. */
export type BuildToolset = (options: ToolsetOptions) => readonly Tool[];

const LOADERS: Readonly<Record<Exclude<Toolset, "core">, () => Promise<BuildToolset>>> = {
  ctx: async () => (await import("./ctx/toolset.ts")).contextTools,
  k8s: async () => (await import("./k8s/toolset.ts")).clusterTools,
  "k8s-write": async () => (await import("./k8s/write/toolset.ts")).clusterWriteTools,
  prom: async () => (await import("./prom/toolset.ts")).prometheusTools,
  logs: async () => (await import("./logs/toolset.ts")).logTools,
  runbook: async () => (await import("./runbook/toolset.ts")).runbookTools,
  "runbook-run": async () => (await import("./runbook/run_toolset.ts")).runbookRunTools,
  audit: async () => (await import("./audit/toolset.ts")).auditTools,
};

/** Loads the toolsets that are on, beside the guide's tools: a start does not wait for modules that it has no use for. */
export async function loadToolsets(on: ReadonlySet<Toolset>): Promise<ReadonlyMap<Toolset, BuildToolset>> {
  const loading = [...on].flatMap((name) => name === "core" ? [] : [{ name, load: LOADERS[name] }]);
  return new Map(await Promise.all(loading.map(async ({ name, load }) => [name, await load()] as const)));
}
