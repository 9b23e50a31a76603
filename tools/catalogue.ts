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
import { runbookPreviewPlan } from "./runbook/preview_plan.ts";
import { contextTools } from "./ctx/toolset.ts";
import { clusterTools } from "./k8s/toolset.ts";
import type { WriteConfirm } from "./k8s/write/ask_first.ts";
import { clusterWriteTools } from "./k8s/write/toolset.ts";
import { prometheusTools } from "./prom/toolset.ts";
import { logTools } from "./logs/toolset.ts";
import { runbookTools } from "./runbook/toolset.ts";
import { runbookRunTools } from "./runbook/run_toolset.ts";
import { auditTools } from "./audit/toolset.ts";
import type { Tool } from "./tool.ts";
import type { Toolset } from "./toolsets.ts";

/** What the tools act on. */
export interface CatalogueOptions {
  readonly authorizer: Authorizer;
  readonly context: ContextStore;
  readonly cache: Cache;
  readonly events: EventBus;
  readonly cluster: Cluster;
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
export interface ToolsetOptions extends CatalogueOptions {
  readonly keys: ContextKeys;
  readonly quota: ContextQuota | undefined;
  /** The whole catalogue, once it is built. */
  readonly tools: () => readonly Tool[];
}

/** The whole product in one place: every tool, in the order in which it is listed. */
export function createCatalogue(options: CatalogueOptions): readonly Tool[] {
  const { context, cache, events, cluster, prometheus, guardrail, runbooks, authorizer } = options;
  const keys = contextKeys(options.contextScope);
  const quota = contextQuota(options.contextKeysMax, options.contextBytesMax);
  const parts: ToolsetOptions = { ...options, keys, quota, tools: () => tools };
  const chosen = (toolset: Toolset, build: (parts: ToolsetOptions) => readonly Tool[]) =>
    options.toolsets.has(toolset) ? build(parts) : [];
  // A run needs the digest that only the plan tells.
  const plans = options.toolsets.has("runbook") || options.toolsets.has("runbook-run");
  const tools: readonly Tool[] = [
    mcpToolsList(() => tools, authorizer),
    ctxGet(context, keys, options.toolsets.has("ctx")),
    ctxSet(context, events, {
      ...{ keys, quota },
      ttlSeconds: options.contextTtlSeconds,
      extended: options.toolsets.has("ctx"),
    }),
    k8sListPods(cluster, cache),
    promQuerySimple(prometheus, guardrail, cache),
    logsSearch(chooseLogBackend(options), options.toolsets.has("logs")),
    plans ? runbookPreviewPlan({ library: runbooks, authorizer, tools: () => tools }) : runbookPreview(runbooks),
    ...chosen("ctx", contextTools),
    ...chosen("k8s", clusterTools),
    ...chosen("k8s-write", clusterWriteTools),
    ...chosen("prom", prometheusTools),
    ...chosen("logs", logTools),
    ...chosen("runbook", runbookTools),
    ...chosen("runbook-run", runbookRunTools),
    ...chosen("audit", auditTools),
  ];
  return tools;
}
