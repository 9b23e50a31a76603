import { Hono } from "hono";
import { createApp } from "../../server/app.ts";
import { createOpenGate } from "../../server/auth/gate.ts";
import type { Guard } from "../../server/auth/open.ts";
import { routerDialogues } from "../../server/dialogue.ts";
import { createEdgeCall } from "../../server/edge_call.ts";
import { createHouse } from "../../server/house.ts";
import { HOUSE_CODES } from "../../server/house_errors.ts";
import { createLifecycle } from "../../server/lifecycle.ts";
import { createLog, type Log } from "../../server/log.ts";
import { houseLimits, socketLimits } from "../../server/limits.ts";
import { createMetrics } from "../../server/metrics.ts";
import { createPeers, type Peers } from "../../server/peers.ts";
import type { Refusal } from "../../server/refusals.ts";
import { readSettings, type Settings } from "../../server/settings.ts";
import { createLazyOfficial } from "../../server/official.ts";
import { createSockets } from "../../server/websocket.ts";
import type { RateLimiter } from "../../storage/rate_limiter.ts";
import type { StoreState } from "../../storage/state.ts";
import { type Authorizer, openAuthorizer } from "../../tools/authorizer.ts";
import type { Tool } from "../../tools/tool.ts";
import { createLocalEventBus } from "../../storage/embedded/event_bus.ts";
import { createMemoryMcpSessionStore } from "../../storage/embedded/mcp_session_store.ts";
import { manualClock } from "../contracts/manual_clock.ts";
import { testCallPath, testTool } from "../tools/call_path.ts";
import { createRedactor } from "../../tools/redact.ts";
import { REDACTED } from "../../tools/redaction/pattern.ts";

/** What the edge of the tests hides besides, as by REDACT_PATTERNS. */
export const OWN_SECRET = "acme-4711";

type States = Readonly<Record<"redis" | "postgres", StoreState>>;

export interface EdgeOptions {
  readonly tools?: readonly Tool[];
  /** Settings as an environment; HOST is 127.0.0.1 where left out. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Unbounded where left out. */
  readonly limiter?: Pick<RateLimiter, "take"> & Partial<RateLimiter>;
  /** Everything is allowed where left out. */
  readonly authorizer?: Authorizer;
  /** What asks callers who they are; nobody is asked where left out. */
  readonly guard?: (edge: GuardedEdge) => Guard;
}

/** What a guard is built on. */
export interface GuardedEdge {
  readonly settings: Settings;
  readonly peers: Peers;
  readonly authorizer: Authorizer;
  readonly log: Log;
  readonly onRefusal: (reason: Refusal) => void;
}

/** A tool that gives its arguments back. */
export const echo = testTool((args) => Promise.resolve(args), { name: "test.echo" });

/**
 * The whole edge on a real port, over a call path whose stores are fakes: routes, doors, sockets, dialect, metrics as
 * `buildServer` puts them together.
 */
export async function startEdge(options: EdgeOptions = {}) {
  const { tools = [echo], settings: given = {}, limiter, authorizer = openAuthorizer } = options;
  const settings = readSettings({ HOST: "127.0.0.1", ...given }, Deno.readTextFileSync);
  const lines: string[] = [];
  const log = createLog({ level: "debug", format: "text", write: (line) => lines.push(line), now: Date.now });
  const lifecycle = createLifecycle();
  let states: States = { redis: "connected", postgres: "connected" };
  const metrics = createMetrics({
    connections: () => sockets.size,
    inFlight: () => lifecycle.inFlight,
    draining: () => lifecycle.phase === "draining",
    auditQueued: () => 0,
    auditSpooled: () => 0,
    verification: () => undefined,
    stores: () => states,
    podWatches: () => [],
  });
  const toolNames = tools.map(({ name }) => name);
  let ids = 0;
  const uuid = () => `00000000-0000-7000-8000-${String(++ids).padStart(12, "0")}`;
  const path = testCallPath(tools, {
    errorCode: (kind) => HOUSE_CODES[kind],
    onCall: metrics.call,
    onRate: metrics.rate,
    resultBytesMax: settings.RESULT_BYTES_MAX,
    ids: { uuid },
    rateLimitPerMinute: settings.RATE_LIMIT_PER_MINUTE,
    authorizer,
    ...(limiter && {
      limiter: {
        take: limiter.take.bind(limiter),
        peek: limiter.peek?.bind(limiter) ?? (() => Promise.reject(new Error("This test has no budget"))),
        spend: limiter.spend?.bind(limiter) ?? (() => Promise.reject(new Error("This test has no budget"))),
      },
    }),
  });
  const shared = { lifecycle, log, ids: { uuid }, callTool: path.call };
  const call = createEdgeCall({ ...shared, onRefusal: metrics.refusal });
  const house = createHouse({
    ...shared,
    ...{ tools, authorizer, call, limits: houseLimits(settings), onRefusal: metrics.refusal },
  });
  const official = createLazyOfficial({
    ...shared,
    ...{ tools, authorizer, call, jsonDepthMax: settings.JSON_DEPTH_MAX, onRefusal: metrics.refusal },
    sessions: createMemoryMcpSessionStore(manualClock()),
    events: createLocalEventBus(),
    sessionKey: new Uint8Array(32),
    onFault: (error) => log.error("The official protocol met a fault", { error }),
  });
  const sockets = createSockets({ house: routerDialogues(house), official: official.openDialogue }, {
    limits: socketLimits(settings),
    log,
    onRefusal: metrics.refusal,
  });
  const peers = createPeers(settings);
  const rules = { authorizer, onRefusal: metrics.refusal };
  const guard = options.guard?.({ ...rules, settings, peers, log });
  const app = createApp({
    ...shared,
    settings,
    peers,
    gate: guard?.gate ?? createOpenGate(rules),
    tickets: guard?.tickets,
    openRoutes: guard?.openRoutes ?? {},
    house,
    official,
    sockets,
    limiter: limiter ?? { take: () => Promise.reject(new Error("This test has no limiter")) },
    health: { stores: () => states, auditState: () => path.audit.state, registeredTools: toolNames.length },
    metrics,
    redactor: createRedactor([(text) => text.replaceAll(OWN_SECRET, REDACTED)]),
    dashboard: new Hono().get("/", (context) => context.text("the dashboard")),
    console: new Hono(),
  });
  const { promise: address, resolve: onListen } = Promise.withResolvers<Deno.NetAddr>();
  const listener = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen },
    (request, connection) => app.fetch(request, connection),
  );
  const { port } = await address;
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    socketUrl: `ws://127.0.0.1:${port}/mcp`,
    /** What the call path recorded, and its fakes. */
    path,
    app,
    lines,
    log,
    lifecycle,
    sockets,
    official,
    streams: new AsyncDisposableStack(),
    listener,
    metrics,
    setStates: (now: States) => states = now,
    async [Symbol.asyncDispose]() {
      await sockets.closeAll();
      await official[Symbol.asyncDispose]();
      await listener.shutdown();
    },
  };
}

export type Edge = Awaited<ReturnType<typeof startEdge>>;
