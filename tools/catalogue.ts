import type { AuditLog } from "../storage/audit_log.ts";
import type { Cache } from "../storage/cache.ts";
import type { Clock } from "../storage/clock.ts";
import type { ContextQuota, ContextStore } from "../storage/context_store.ts";
import type { EventBus } from "../storage/event_bus.ts";
import type { Authorizer } from "./authorizer.ts";
import { ctxGet } from "./ctx/get.ts";
import { type ContextKeys, contextKeys, type ContextScope } from "./ctx/keys.ts";
import { contextQuota } from "./ctx/quota.ts";
import { ctxSet } from "./ctx/set.ts";
import type { Cluster } from "./k8s/cluster.ts";
import { inClusters, type OpenedClusters } from "./k8s/in_clusters.ts";
import { k8sListPods } from "./k8s/list_pods.ts";
import { chooseLogBackend } from "./logs/choose_backend.ts";
import type { Loki } from "./logs/loki/loki.ts";
import { logsSearch } from "./logs/search.ts";
import { mcpToolsList } from "./mcp/list.ts";
import type { Guardrail } from "./prom/guardrail.ts";
import type { Prometheus } from "./prom/prometheus.ts";
import { promQuerySimple } from "./prom/query_simple.ts";
import type { RunbookLibrary } from "./runbook/library.ts";
import { runbookPreview } from "./runbook/preview.ts";
import type { WriteConfirm } from "./k8s/write/ask_first.ts";
import type { Tool } from "./tool.ts";
import { type BuildToolset, loadToolsets } from "./toolset_builders.ts";
import type { Toolset } from "./toolsets.ts";

/** What the tools act on. */
export interface CatalogueOptions {
  readonly authorizer: Authorizer;
  readonly context: ContextStore;
  readonly cache: Cache;
  readonly events: EventBus;
  /** The only one, or the default one of `clusters`. */
  readonly cluster: Cluster;
  /** Those that tools may ask by name; the one without a name where left out. */
  readonly clusters?: OpenedClusters | undefined;
  readonly prometheus: Prometheus;
  /** Where logs are read, in place of the cluster. */
  readonly loki?: Loki | undefined;
  readonly runbooks: RunbookLibrary;
  readonly guardrail: Guardrail;
  readonly audit: Pick<AuditLog, "query" | "sums">;
  readonly toolsets: ReadonlySet<Toolset>;
  /** How changes of a cluster are confirmed; by their digest where left out. */
  readonly writeConfirm?: WriteConfirm;
  readonly clock: Pick<Clock, "now">;
  /** Seconds that a context value lives. */
  readonly contextTtlSeconds: number;
  /** Whose context a caller sees. */
  readonly contextScope: ContextScope;
  /** Context values that one principal may have; 0 = any number. */
  readonly contextKeysMax: number;
  /** Bytes of context that one principal may have; 0 = any amount. */
  readonly contextBytesMax: number;
}

/** What each toolset is built of. */
export interface ToolsetOptions extends Omit<CatalogueOptions, "clusters"> {
  /** Which of several clusters `cluster` is. */
  readonly clusterName?: string;
  readonly keys: ContextKeys;
  readonly quota: ContextQuota | undefined;
  /** The whole catalogue, once it is built. */
  readonly tools: () => readonly Tool[];
}

/** The whole product in one place: every tool, in the order in which it is listed. Loads the toolsets that are on. */
export async function createCatalogue(options: CatalogueOptions): Promise<readonly Tool[]> {
  const { context, cache, events, prometheus, guardrail, runbooks, authorizer, clusters, loki } = options;
  const keys = contextKeys(options.contextScope);
  const quota = contextQuota(options.contextKeysMax, options.contextBytesMax);
  const parts: ToolsetOptions = { ...options, keys, quota, tools: () => tools };
  const builders = await loadToolsets(options.toolsets);
  const once = (build: BuildToolset) => build(parts);
  const inEach = (build: BuildToolset) => clusters ? inClusters(clusters, parts, build) : build(parts);
  // Loki is one.
  const forLogs = loki ? once : inEach;
  const chosen = (toolset: Toolset, builtBy = once) => builtBy(builders.get(toolset) ?? (() => []));
  // A run needs the digest that only the plan tells.
  const plans = options.toolsets.has("runbook") || options.toolsets.has("runbook-run");
  const plan = plans ? (await import("./runbook/preview_plan.ts")).runbookPreviewPlan : undefined;
  const tools: readonly Tool[] = [
    mcpToolsList(() => tools, authorizer),
    ctxGet(context, keys, options.toolsets.has("ctx")),
    ctxSet(context, events, {
      ...{ keys, quota },
      ttlSeconds: options.contextTtlSeconds,
      extended: options.toolsets.has("ctx"),
    }),
    ...inEach(({ cluster, cache }) => [k8sListPods(cluster, cache)]),
    promQuerySimple(prometheus, guardrail, cache),
    ...forLogs((parts) => [logsSearch(chooseLogBackend(parts), parts.toolsets.has("logs"))]),
    plan?.({ library: runbooks, authorizer, tools: () => tools }) ?? runbookPreview(runbooks),
    ...chosen("ctx"),
    ...chosen("k8s", inEach),
    ...chosen("k8s-write", inEach),
    ...chosen("prom"),
    ...chosen("logs", forLogs),
    ...chosen("runbook"),
    ...chosen("runbook-run"),
    ...chosen("audit"),
  ];
  return tools;
}
