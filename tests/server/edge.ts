import { Hono } from "hono";
import { createApp } from "../../server/app.ts";
import { createHouse } from "../../server/house.ts";
import { HOUSE_CODES } from "../../server/house_errors.ts";
import { createLifecycle } from "../../server/lifecycle.ts";
import { createLog } from "../../server/log.ts";
import { houseLimits, socketLimits } from "../../server/limits.ts";
import { createMetrics } from "../../server/metrics.ts";
import { readSettings } from "../../server/settings.ts";
import { createSockets } from "../../server/websocket.ts";
import type { RateLimiter } from "../../storage/rate_limiter.ts";
import type { StoreState } from "../../storage/state.ts";
import type { Tool } from "../../tools/tool.ts";
import { testCallPath, testTool } from "../tools/call_path.ts";

type States = Readonly<Record<"redis" | "postgres", StoreState>>;

export interface EdgeOptions {
  readonly tools?: readonly Tool[];
  /** Settings as an environment; HOST is 127.0.0.1 where left out. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Unbounded where left out. */
  readonly limiter?: Pick<RateLimiter, "take">;
}

/** A tool that gives its arguments back. */
export const echo = testTool((args) => Promise.resolve(args), { name: "test.echo" });

/**
 * The whole edge on a real port, over a call path whose stores are fakes: routes, doors, sockets, dialect, metrics as
 * `buildServer` puts them together.
 */
export async function startEdge({ tools = [echo], settings: given = {}, limiter }: EdgeOptions = {}) {
  const settings = readSettings({ HOST: "127.0.0.1", ...given }, Deno.readTextFileSync);
  const lines: string[] = [];
  const log = createLog({ level: "debug", format: "text", write: (line) => lines.push(line), now: Date.now });
  const lifecycle = createLifecycle();
  let states: States = { redis: "connected", postgres: "connected" };
  const metrics = createMetrics({
    connections: () => sockets.size,
    inFlight: () => lifecycle.inFlight,
    auditQueued: () => 0,
    auditSpooled: () => 0,
    verification: () => undefined,
    stores: () => states,
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
    ...(limiter && { limiter }),
  });
  const shared = { lifecycle, log, ids: { uuid }, callTool: path.call };
  const house = createHouse({ ...shared, toolNames, limits: houseLimits(settings), onRefusal: metrics.refusal });
  const sockets = createSockets(house, {
    limits: socketLimits(settings),
    log,
    onRefusal: metrics.refusal,
  });
  const app = createApp({
    ...shared,
    settings,
    house,
    sockets,
    limiter: limiter ?? { take: () => Promise.reject(new Error("This test has no limiter")) },
    health: { stores: () => states, auditState: () => path.audit.state, registeredTools: toolNames.length },
    metrics,
    dashboard: new Hono().get("/", (context) => context.text("the dashboard")),
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
    lines,
    log,
    lifecycle,
    sockets,
    listener,
    metrics,
    setStates: (now: States) => states = now,
    async [Symbol.asyncDispose]() {
      await sockets.closeAll();
      await listener.shutdown();
    },
  };
}

export type Edge = Awaited<ReturnType<typeof startEdge>>;
