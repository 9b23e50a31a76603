import { type Context, Hono } from "hono";
import type { Router } from "../rpc/router.ts";
import type { Ids } from "../storage/clock.ts";
import type { RateDecision, RateLimiter } from "../storage/rate_limiter.ts";
import { type CallTool, RATE_WINDOW_SECONDS } from "../tools/call.ts";
import { redactText } from "../tools/redact.ts";
import { createAdmission } from "./admission.ts";
import { readJsonBody, type RefusedBody } from "./body.ts";
import { createDoor } from "./doors.ts";
import { type HealthSources, readHealth } from "./health.ts";
import { httpStatus } from "./house_errors.ts";
import { createLab } from "./lab.ts";
import type { Lifecycle } from "./lifecycle.ts";
import type { Log } from "./log.ts";
import type { Metrics } from "./metrics.ts";
import { DEFAULT_PRINCIPAL, type Peer, Slots } from "./peer.ts";
import { rateHeaders } from "./rate_headers.ts";
import type { Refusal } from "./refusals.ts";
import type { Settings } from "./settings.ts";
import type { Sockets } from "./websocket.ts";

export interface AppOptions {
  readonly settings: Settings;
  readonly house: Router<Peer>;
  readonly sockets: Sockets;
  readonly callTool: CallTool;
  readonly limiter: Pick<RateLimiter, "take">;
  readonly lifecycle: Lifecycle;
  readonly health: HealthSources;
  readonly metrics: Metrics;
  readonly dashboard: Hono;
  readonly ids: Ids;
  readonly log: Log;
}

/** What `Deno.serve` tells beside a request. */
type Connection = { readonly remoteAddr?: Deno.Addr; readonly completed?: Promise<void> };

/** Of a path that a peer chose. */
const PATH_CHARS_MAX = 128;

const UNAVAILABLE = {
  draining: "The server is stopping",
  connections: "Too many connections are open",
  principal_connections: "You have too many connections open",
  http_in_flight: "Too many requests are under way",
} as const satisfies Partial<Record<Refusal, string>>;

/** All routes. Opens nothing: give its `fetch` to `Deno.serve`. */
export function createApp(options: AppOptions): Hono<{ Bindings: Connection }> {
  const { settings, house, sockets, lifecycle, health, metrics, ids, log } = options;
  const app = new Hono<{ Bindings: Connection }>();

  const publicUrl = settings.PUBLIC_URL === undefined ? [] : [new URL(settings.PUBLIC_URL)];
  app.use(createDoor({
    loopback: ["127.0.0.1", "::1", "localhost"].includes(settings.HOST),
    allowedHosts: [...settings.ALLOWED_HOSTS, ...publicUrl.map(({ hostname }) => hostname)],
    allowedOrigins: [...settings.ALLOWED_ORIGINS, ...publicUrl.map(({ origin }) => origin)],
    onRefusal: metrics.refusal,
  }));

  const admit = createAdmission(settings.HTTP_IN_FLIGHT_MAX);
  for (const path of ["/mcp", "/test/*"]) {
    app.use(path, async (context, next) => {
      if (lifecycle.phase === "draining") return unavailable(context, "draining");
      // Sockets are counted by themselves.
      if (isUpgrade(context)) return await next();
      return await admit(next, connectionOf(context)?.completed) ? undefined : unavailable(context, "http_in_flight");
    });
  }

  const principalMax = settings.CONNECTIONS_PER_PRINCIPAL_MAX ?? settings.CONNECTIONS_MAX;
  app.get("/mcp", (context) => {
    if (!isUpgrade(context)) {
      return context.json({ error: "Open a WebSocket here, or POST a JSON-RPC message" }, 426, {
        upgrade: "websocket",
      });
    }
    if (sockets.size >= settings.CONNECTIONS_MAX) return unavailable(context, "connections");
    if (sockets.sizeOf(DEFAULT_PRINCIPAL.name) >= principalMax) return unavailable(context, "principal_connections");
    return sockets.accept(context.req.raw, (signal) => peerOf(context, signal, ids.uuid()));
  });

  app.post("/mcp", async (context) => {
    const body = await readJsonBody(context.req.raw, settings.MESSAGE_BYTES_MAX, settings.BODY_MS);
    if (typeof body !== "string") return refuseBody(context, body);
    let decision: RateDecision | undefined;
    const onRate = (made: RateDecision) => decision = made;
    const reply = await house(body, { ...peerOf(context, context.req.raw.signal), onRate });
    if (!reply) return context.body(null, 202);
    // A batch's calls have each their own limit: headers would speak of one of them only.
    const headers = decision && !reply.text.startsWith("[") ? rateHeaders(decision, RATE_WINDOW_SECONDS) : {};
    return context.body(reply.text, httpStatus(reply.errorCode), { "content-type": "application/json", ...headers });
  });

  app.all(
    "/mcp",
    (context) => context.json({ error: "Use GET with a WebSocket upgrade, or POST" }, 405, { allow: "GET, POST" }),
  );

  app.get("/health", (context) => {
    const report = readHealth(health);
    const status = report.status === "unhealthy" ? 503 : 200;
    return context.body(`${JSON.stringify(report, null, 2)}\n`, status, { "content-type": "application/json" });
  });
  app.get("/live", (context) => context.text("live\n"));
  app.get(
    "/ready",
    (context) => lifecycle.phase === "serving" ? context.text("ready\n") : context.text("draining\n", 503),
  );
  app.get(
    "/metrics",
    async (context) => context.body(await metrics.print(), 200, { "content-type": metrics.contentType }),
  );
  app.get("/", (context) => context.redirect("/dashboard"));
  app.route("/dashboard", options.dashboard);
  if (settings.LAB_ENDPOINTS) {
    app.route(
      "/test",
      createLab({
        ...options,
        readBody: (request) => readJsonBody(request, settings.MESSAGE_BYTES_MAX, settings.BODY_MS),
        refuseBody,
        onRate: metrics.rate,
        peerOf: (context) => peerOf(context, context.req.raw.signal),
      }),
    );
  }

  app.notFound((context) => {
    const path = redactText(context.req.path).slice(0, PATH_CHARS_MAX);
    return context.json({ error: `No route ${context.req.method} ${path}` }, 404);
  });
  app.onError((error, context) => {
    const incident = ids.uuid();
    log.error("A request failed", { incident, path: redactText(context.req.path).slice(0, PATH_CHARS_MAX), error });
    return context.json({ error: "Internal error", incident }, 500);
  });

  function unavailable(context: Context, reason: keyof typeof UNAVAILABLE): Response {
    metrics.refusal(reason);
    return context.json({ error: UNAVAILABLE[reason] }, 503, { "retry-after": "1" });
  }

  function refuseBody(context: Context, { reason, status, error }: RefusedBody): Response {
    metrics.refusal(reason);
    return context.json({ error }, status);
  }

  function peerOf(context: Context, signal: AbortSignal, session?: string): Peer {
    const address = connectionOf(context)?.remoteAddr;
    return {
      principal: DEFAULT_PRINCIPAL,
      transport: session ? "websocket" : "http",
      client: {
        name: context.req.header("user-agent"),
        address: address && "hostname" in address ? address.hostname : undefined,
      },
      session,
      signal,
      slots: new Slots(settings.IN_FLIGHT_MAX),
    };
  }

  return app;
}

function connectionOf(context: Context): Connection | undefined {
  return context.env as Connection | undefined;
}

/** HEAD is routed as GET, and an upgrade of it would never be answered. */
function isUpgrade(context: Context): boolean {
  return context.req.method === "GET" && context.req.header("upgrade")?.toLowerCase() === "websocket";
}
