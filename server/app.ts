import { type Context, Hono } from "hono";
import type { Router } from "../rpc/router.ts";
import type { Ids } from "../storage/clock.ts";
import type { RateLimiter } from "../storage/rate_limiter.ts";
import type { CallTool } from "../tools/call.ts";
import type { Redactor } from "../tools/redact.ts";
import { createAdmission } from "./admission.ts";
import { type AppEnv, type Connection, connectionOf, isUpgrade } from "./app_env.ts";
import { AccessRules, refuseUndeclared, type Rule, ruleOf } from "./auth/access.ts";
import type { Gate } from "./auth/gate.ts";
import type { UpgradeTickets } from "./auth/tickets.ts";
import { createBodyReader } from "./body.ts";
import { createCors } from "./cors.ts";
import { createDoor } from "./doors.ts";
import { createGuards } from "./headers.ts";
import type { HealthSources } from "./health.ts";
import { createLab } from "./lab.ts";
import type { Lifecycle } from "./lifecycle.ts";
import type { Log } from "./log.ts";
import { createMcpPost } from "./mcp_post.ts";
import { addMcpRoutes } from "./mcp_routes.ts";
import type { Metrics } from "./metrics.ts";
import type { LazyOfficial } from "./official.ts";
import type { Peer } from "./peer.ts";
import type { Peers } from "./peers.ts";
import type { Settings } from "./settings.ts";
import { createShortWay } from "./short_way.ts";
import { createHealthRoute, createProbes } from "./status_routes.ts";
import { createTicketRoutes } from "./ticket_routes.ts";
import { createTurnAway } from "./turn_away.ts";
import type { Sockets } from "./websocket.ts";

export interface AppOptions {
  readonly settings: Settings;
  readonly peers: Peers;
  readonly gate: Gate;
  /** `undefined` where AUTH_MODE is none. */
  readonly tickets: Pick<UpgradeTickets, "issue"> | undefined;
  /** Open to everyone beside the probes, by where they are mounted: the sign-in, the metadata for clients. */
  readonly openRoutes: Readonly<Record<string, Hono>>;
  readonly house: Router<Peer>;
  readonly official: Pick<LazyOfficial, "answer">;
  readonly sockets: Sockets;
  readonly callTool: CallTool;
  readonly limiter: Pick<RateLimiter, "take">;
  readonly lifecycle: Lifecycle;
  readonly health: HealthSources;
  readonly metrics: Metrics;
  readonly dashboard: Hono;
  /** What the dashboard's pages ask for beside their calls. */
  readonly console: Hono<AppEnv>;
  readonly ids: Ids;
  readonly log: Log;
  readonly redactor: Redactor;
}

/** Of a path that a peer chose. */
const PATH_CHARS_MAX = 128;

/** All routes, each with who may use it. */
export interface App {
  /** For `Deno.serve`. */
  readonly fetch: (request: Request, connection?: Connection) => Response | Promise<Response>;
  /** Of what takes no short way; each of its routes has a rule. */
  readonly router: Hono<AppEnv>;
}

/** Opens nothing. */
export function createApp(options: AppOptions): App {
  const { settings, peers, gate, tickets, lifecycle, metrics, ids, log, redactor } = options;
  const app = new Hono<AppEnv>();
  const turnAway = createTurnAway(metrics.refusal);
  const rules = new AccessRules(app, enter);
  const printedPath = (context: Context) => redactor.redactText(context.req.path).slice(0, PATH_CHARS_MAX);

  async function enter(context: Context<AppEnv>, rule: Rule): Promise<Response | undefined> {
    const entered = await gate.enter(peers.visitOf(context), rule, context.get("visitor"));
    if (entered instanceof Response) return entered;
    if (entered) context.set("visitor", entered);
  }

  const guards = createGuards({ publicUrl: settings.PUBLIC_URL });
  rules.around("*", guards.around);
  const publicUrl = settings.PUBLIC_URL === undefined ? [] : [new URL(settings.PUBLIC_URL)];
  const door = createDoor({
    loopback: ["127.0.0.1", "::1", "localhost"].includes(settings.HOST),
    allowedHosts: [...settings.ALLOWED_HOSTS, ...publicUrl.map(({ hostname }) => hostname)],
    allowedOrigins: [...settings.ALLOWED_ORIGINS, ...publicUrl.map(({ origin }) => origin)],
    onRefusal: metrics.refusal,
    redactor,
  });
  rules.around("*", door.around);
  rules.around(
    "*",
    refuseUndeclared((context) => {
      metrics.refusal("undeclared_route");
      log.error("A route has no access rule", { path: printedPath(context) });
    }),
  );
  const { ALLOWED_ORIGINS: allowedOrigins } = settings;
  rules.around("/mcp", createCors({ allowedOrigins }));
  rules.around("/ws-ticket", createCors({ allowedOrigins, methods: ["POST"] }));
  rules.around("/.well-known/*", createCors({ allowedOrigins, methods: ["GET"] }));
  const admission = createAdmission(settings.HTTP_IN_FLIGHT_MAX);
  for (const path of ["/mcp", "/ws-ticket", "/test/*", "/dashboard/api/*"]) {
    rules.around(path, async (context, next) => {
      if (lifecycle.phase === "draining") return turnAway.unavailable("draining");
      // Sockets are counted by themselves.
      if (isUpgrade(context)) return await next();
      const leave = admission.enter(connectionOf(context)?.completed);
      if (!leave) return turnAway.unavailable("http_in_flight");
      await next().finally(leave);
    });
  }

  const answerPost = createMcpPost({ ...options, turnAway });

  rules.declare("open", (routes) => {
    routes.route("/", createProbes(lifecycle));
    routes.get("/", (context) => context.redirect("/dashboard"));
    for (const [path, open] of Object.entries(options.openRoutes)) routes.route(path, open);
  });
  const asks = settings.AUTH_MODE !== "none";
  rules.declare("glance", (routes) => routes.route("/", createHealthRoute(options.health, asks)), { session: true });
  rules.declare("call", (routes) => addMcpRoutes(routes, { ...options, turnAway, answerPost }));
  const ticketRoutes = createTicketRoutes({
    tickets,
    limiter: options.limiter,
    perMinute: settings.RATE_LIMIT_PER_MINUTE,
    log,
  });
  rules.declare("call", (routes) => routes.route("/", ticketRoutes), { session: true });
  rules.declare(settings.METRICS_ACCESS === "open" ? "open" : "metrics", (routes) =>
    routes.get(
      "/metrics",
      async (context) => context.body(await metrics.print(), 200, { "content-type": metrics.contentType }),
    ));
  rules.declare("dashboard", (routes) => routes.route("/dashboard/api", options.console), { session: true });
  // The page must be there to sign in at, and holds nothing of anybody: the right to it is asked for at the sign-in.
  rules.declare(asks ? "open" : "dashboard", (routes) => routes.route("/dashboard", options.dashboard));
  if (settings.LAB_ENDPOINTS) {
    const readBody = createBodyReader({ bytesMax: settings.MESSAGE_BYTES_MAX, waitMs: settings.BODY_MS, redactor });
    const lab = createLab({
      ...options,
      readBody,
      refuseBody: turnAway.body,
      onRate: metrics.rate,
      peerOf: peers.peerOf,
    });
    rules.declare("lab", (routes) => routes.route("/test", lab));
  }

  app.notFound((context) => context.json({ error: `No route ${context.req.method} ${printedPath(context)}` }, 404));
  const onFault = (error: unknown, path: string) => {
    const incident = ids.uuid();
    log.error("A request failed", { incident, path, error });
    return Response.json({ error: "Internal error", incident }, { status: 500 });
  };
  app.onError((error, context) => onFault(error, printedPath(context)));
  const rule = app.routes.filter(({ method, path }) => method === "POST" && path === "/mcp").map(ruleOf)
    .find((rule) => typeof rule === "object");
  const headers = allowedOrigins.length > 0 ? { vary: "Origin" } : {};
  const shortWay = rule &&
    createShortWay({ ...{ rule, door, lifecycle, admission, gate, peers, guards, answerPost, headers, onFault } });
  return {
    fetch: (request, connection) => shortWay?.(request, connection) ?? app.fetch(request, connection),
    router: app,
  };
}
