import type { Clock, Ids } from "../storage/clock.ts";
import type { Stores } from "../storage/open.ts";
import { type CallPathOptions, type CallTool, createCallPath } from "../tools/call.ts";
import { createKeyedCalls } from "../tools/call/keyed.ts";
import { createCatalogue } from "../tools/catalogue.ts";
import type { Outside } from "../tools/outside.ts";
import { createGuardrail } from "../tools/prom/guardrail.ts";
import type { Redactor } from "../tools/redact.ts";
import type { Tool } from "../tools/tool.ts";
import { chooseToolsets } from "../tools/toolsets.ts";
import { createDashboard } from "../dashboard/routes.ts";
import { createApp } from "./app.ts";
import { countCache } from "./console/cache_count.ts";
import { createExports } from "./console/exports.ts";
import { createCallFeed } from "./console/feed.ts";
import { createConsoleRoutes } from "./console/routes.ts";
import { createUpstreams } from "./console/upstreams.ts";
import { createWatchers } from "./console/watch.ts";
import { createOpenGate } from "./auth/gate.ts";
import type { Authentication } from "./auth/open.ts";
import type { OpenedPolicy } from "./auth/open_policy.ts";
import { routerDialogues } from "./dialogue.ts";
import { createEdgeCall } from "./edge_call.ts";
import { createHouse } from "./house.ts";
import { HOUSE_CODES } from "./house_errors.ts";
import { createLag } from "./lag.ts";
import { createLifecycle, type Lifecycle } from "./lifecycle.ts";
import type { Log } from "./log.ts";
import { houseLimits, socketLimits } from "./limits.ts";
import { logCalls } from "./logged_calls.ts";
import { measureStores } from "./measured_stores.ts";
import type { ToolForms } from "./mcp/tool_forms.ts";
import { createMetrics } from "./metrics.ts";
import { createLazyOfficial, type LazyOfficial, type LoadParts } from "./official.ts";
import { createPeers } from "./peers.ts";
import { createResourceSources } from "./resource_sources.ts";
import { sessionKeyOf } from "./session_key.ts";
import type { Settings } from "./settings.ts";
import { traceCalls } from "./trace/calls.ts";
import { traceOutside, traceStores } from "./trace/ports.ts";
import { openSpans } from "./trace/spans.ts";
import { createSockets, type Sockets } from "./websocket.ts";

export interface BuildOptions {
  readonly settings: Settings;
  readonly stores: Stores;
  readonly outside: Outside;
  /** `undefined` where AUTH_MODE is none. */
  readonly authentication: Authentication | undefined;
  readonly policy: OpenedPolicy;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly replica: string;
  readonly redactor: Redactor;
  /** What this place does not keep, a sentence each; none where left out. */
  readonly losses?: readonly string[];
  /** What a test serves beside the product's tools, and in place of its parts of the official protocol. */
  readonly fixtures?: { readonly tools: readonly Tool[]; readonly forms: ToolForms; readonly loadParts: LoadParts };
}

/** A server that is not listening yet. */
export interface Server {
  readonly fetch: (request: Request, info?: { readonly remoteAddr?: Deno.Addr }) => Response | Promise<Response>;
  readonly toolNames: readonly string[];
  readonly lifecycle: Lifecycle;
  readonly sockets: Sockets;
  /** Disposing it ends its streams. */
  readonly official: LazyOfficial;
  /** Disposing it ends every stream that is no socket: those of the official protocol, and of who watches. */
  readonly streams: AsyncDisposable;
}

/** Puts the parts together: tools → call path → dialect → sockets → routes. Opens nothing. */
export async function buildServer(options: BuildOptions): Promise<Server> {
  const { settings, clock, ids, log, replica, redactor } = options;
  const { authorizer, policy } = options.policy;
  const spans = await openSpans(log);
  const upstreams = createUpstreams({
    clock,
    configured: {
      kubernetes: (settings.KUBECONFIG ?? settings.KUBE_API_URL ?? settings.KUBERNETES_SERVICE_HOST) !== undefined,
      prometheus: settings.PROMETHEUS_URL !== undefined,
      loki: settings.LOKI_URL !== undefined,
    },
  });
  const outside = upstreams.over(traceOutside(options.outside, spans));
  const stores = measureStores(traceStores(options.stores, spans), clock, {
    onCacheRead: (hit) => metrics.cacheRead(hit),
    onAudited: (seconds) => metrics.audited(seconds),
  });
  const lifecycle = createLifecycle();
  const feed = createCallFeed({
    ...{ bus: stores.events, clock, replica, instance: ids.uuid() },
    gauges: { connections: () => sockets.size, inFlight: () => lifecycle.inFlight },
  });
  const watchers = createWatchers({ feed, authorizer, replica });
  const exports = createExports({
    ...{ audit: stores.audit, authorizer, clock },
    onUnrecorded: (end, error) => log.error("The end of an audit export is not on record", { ...end, error }),
  });
  const catalogue = await createCatalogue({
    ...stores,
    cache: countCache(stores.cache, feed),
    ...outside,
    authorizer,
    clock,
    guardrail: createGuardrail(outside.prometheus, {
      mode: settings.PROM_GUARDRAIL,
      samplesMax: settings.PROM_SAMPLES_MAX,
      elapsed: () => clock.elapsed(),
      onVerdict: (verdict) => metrics.guardrail(verdict),
    }),
    toolsets: chooseToolsets(settings.TOOLSETS),
    writeConfirm: settings.WRITE_CONFIRM,
    contextTtlSeconds: settings.CTX_TTL_SECONDS,
    contextScope: settings.CTX_SCOPE,
    contextKeysMax: settings.CTX_KEYS_MAX,
    contextBytesMax: settings.CTX_BYTES_MAX,
  });
  const tools = [...catalogue, ...options.fixtures?.tools ?? []];
  for (const warning of options.policy.warnings(tools)) log.warn(`POLICY_FILE: ${warning}`);
  const toolNames = tools.map(({ name }) => name);
  const metrics = createMetrics({
    connections: () => sockets.size,
    inFlight: () => lifecycle.inFlight,
    draining: () => lifecycle.phase === "draining",
    auditQueued: () => stores.audit.queued,
    auditSpooled: () => stores.spooled(),
    verification: () => stores.verification(),
    stores: () => stores.states(),
    podWatches: () => outside.watches(),
  });
  const guards = {
    limiter: stores.limiter,
    rateLimitPerMinute: settings.RATE_LIMIT_PER_MINUTE,
    toolLimitPerMinute: settings.RATE_LIMIT_TOOL_PER_MINUTE,
    principalLimitPerMinute: settings.RATE_LIMIT_PRINCIPAL_PER_MINUTE,
    audit: feed.over(stores.audit),
    intents: stores.intents,
    spoolsChanges: settings.AUDIT_OUTAGE === "spool",
    clock,
    ids,
    replica,
    keyed: createKeyedCalls({ store: stores.keyedCalls, clock }),
    toolTimeoutMs: settings.TOOL_TIMEOUT_MS,
    resultBytesMax: settings.RESULT_BYTES_MAX,
    redactor,
    errorCode: (kind) => HOUSE_CODES[kind],
    onCall: metrics.call,
    onRate(decision) {
      metrics.rate(decision);
      feed.count(decision.allowed ? "allowed" : "limited");
    },
    onIncident: (incident, error, { method }, { traceId: trace_id, requestId: request_id }) =>
      log.error("A tool call failed", { incident, method, trace_id, request_id, error }),
  } satisfies Omit<CallPathOptions, "tools" | "authorizer">;
  // Within the span, whose trace id the line has; nothing is wrapped where the level leaves the line out.
  const pathOver = (over: Pick<CallPathOptions, "tools" | "authorizer">, ownMethods: boolean) => {
    const around = (path: CallTool) => {
      const logged = settings.LOG_LEVEL === "debug" ? logCalls(path, log, clock) : path;
      return traceCalls(logged, { ...{ spans, redactor, ownMethods }, tools: over.tools });
    };
    return around(createCallPath({ ...guards, ...over, aroundNested: around }));
  };
  const callTool = pathOver({ tools, authorizer }, false);
  const edgeCallOf = (callTool: CallTool) => createEdgeCall({ callTool, lifecycle, onRefusal: metrics.refusal });
  const call = edgeCallOf(callTool);
  const resources = createResourceSources({
    ...{ tools, authorizer, policy, stores, edgeCallOf, runbooks: outside.runbooks, contextScope: settings.CTX_SCOPE },
    callPathOf: (unlisted) => pathOver(unlisted, true),
  });
  const house = createHouse({
    ...{ tools, authorizer, call, ids },
    log,
    limits: houseLimits(settings),
    onRefusal: metrics.refusal,
  });
  const official = createLazyOfficial({
    ...{ tools, authorizer, call, ids, resources },
    loadParts: options.fixtures?.loadParts,
    forms: options.fixtures?.forms,
    sessions: stores.mcpSessions,
    events: stores.events,
    sessionKey: sessionKeyOf(settings, log),
    jsonDepthMax: settings.JSON_DEPTH_MAX,
    publicUrl: settings.PUBLIC_URL,
    direct: settings.MCP_DIRECT,
    onWay: metrics.officialWay,
    onRefusal: metrics.refusal,
    onFault: (error) => log.error("The official protocol met a fault", { error }),
  });
  const sockets = createSockets({ house: routerDialogues(house), official: official.openDialogue }, {
    limits: socketLimits(settings),
    log,
    onRefusal: metrics.refusal,
    isBehind: createLag({ audit: stores.audit, lifecycle, clock }),
  });
  const peers = createPeers(settings);
  const rules = { authorizer, onRefusal: metrics.refusal };
  const guard = options.authentication?.guard({ ...rules, peers });
  const health = {
    stores: () => stores.states(),
    auditState: () => stores.audit.state,
    registeredTools: toolNames.length,
    clusters: outside.clusters && upstreams.clusters,
    losses: options.losses ?? [],
  };
  const app = createApp({
    settings,
    peers,
    gate: guard?.gate ?? createOpenGate(rules),
    tickets: guard?.tickets,
    openRoutes: guard?.openRoutes ?? {},
    house,
    official,
    sockets,
    callTool,
    limiter: stores.limiter,
    lifecycle,
    health,
    metrics,
    dashboard: createDashboard({ authMode: settings.AUTH_MODE }),
    console: createConsoleRoutes({
      ...{ tools, authorizer, peers, watchers, exports, ids, house },
      health: {
        ...{ ...health, replica, lifecycle, upstreams },
        connections: () => sockets.size,
        auditQueued: () => stores.audit.queued,
        auditSpooled: () => stores.spooled(),
      },
      callUnlisted: resources.callUnlisted,
      messageBytesMax: settings.MESSAGE_BYTES_MAX,
      bodyMs: settings.BODY_MS,
    }),
    ids,
    log,
    redactor,
  });
  const streams: AsyncDisposable = {
    async [Symbol.asyncDispose]() {
      watchers[Symbol.dispose]();
      await Promise.all([feed, official, exports].map((streams) => streams[Symbol.asyncDispose]()));
    },
  };
  return { fetch: app.fetch, toolNames, lifecycle, sockets, official, streams };
}
