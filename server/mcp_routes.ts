import type { Context, Hono } from "hono";
import type { Router } from "../rpc/router.ts";
import type { Ids } from "../storage/clock.ts";
import type { OnRate } from "../tools/call.ts";
import type { Redactor } from "../tools/redact.ts";
import { type AppEnv, isUpgrade } from "./app_env.ts";
import { endWithCredential } from "./auth/ending_stream.ts";
import { createBodyReader } from "./body.ts";
import { httpStatus } from "./house_errors.ts";
import { createHangUps } from "./hang_up.ts";
import type { Guards } from "./headers.ts";
import { isOfficialPost, isOfficialRequest } from "./mcp/classify.ts";
import { readOfficial } from "./mcp/read.ts";
import type { LazyOfficial } from "./official.ts";
import type { Peer } from "./peer.ts";
import type { Peers } from "./peers.ts";
import { rateHeaders } from "./rate_headers.ts";
import type { Settings } from "./settings.ts";
import type { TurnAway } from "./turn_away.ts";
import type { Sockets } from "./websocket.ts";

export interface McpRoutesOptions {
  readonly settings: Settings;
  readonly house: Router<Peer>;
  readonly official: Pick<LazyOfficial, "answer">;
  readonly sockets: Sockets;
  readonly peers: Peers;
  readonly turnAway: TurnAway;
  readonly reply: Guards["reply"];
  readonly ids: Ids;
  readonly redactor: Redactor;
}

/** `/mcp`: a WebSocket, or HTTP in either dialect. */
export function addMcpRoutes(routes: Hono<AppEnv>, options: McpRoutesOptions): void {
  const { settings, house, official, sockets, peers, turnAway, reply, ids, redactor } = options;
  const hangUpOf = createHangUps();
  const readBody = createBodyReader({ bytesMax: settings.MESSAGE_BYTES_MAX, waitMs: settings.BODY_MS, redactor });
  const principalMax = settings.CONNECTIONS_PER_PRINCIPAL_MAX ?? settings.CONNECTIONS_MAX;

  /** @param told headers that are known when the answer is, beside its own */
  async function answerOfficial(
    context: Context<AppEnv>,
    body: unknown,
    peer = peers.peerOf(context),
    told: () => Readonly<Record<string, string>> = () => ({}),
  ): Promise<Response> {
    const answer = await official.answer(context.req.raw, body, peer);
    if (!(answer instanceof Response)) return reply(context, answer.text, 200, { ...answer.headers, ...told() });
    // It may stream for as long as its reader likes.
    const response = endWithCredential(answer, context.get("visitor")?.standing);
    for (const [name, value] of Object.entries(told())) response.headers.set(name, value);
    return response;
  }

  routes.get("/mcp", async (context) => {
    if (!isUpgrade(context)) {
      if (asksForStream(context)) return await answerOfficial(context, undefined);
      return context.json({ error: "Open a WebSocket here, or POST a JSON-RPC message" }, 426, {
        upgrade: "websocket",
      });
    }
    if (sockets.size >= settings.CONNECTIONS_MAX) return turnAway.unavailable(context, "connections");
    const { principal } = peers.peerOf(context);
    if (sockets.sizeOf(principal.name) >= principalMax) return turnAway.unavailable(context, "principal_connections");
    return sockets.accept(context.req.raw, (signal) => peers.connectedPeerOf(context, ids.uuid(), signal));
  });

  routes.post("/mcp", async (context) => {
    const body = await readBody(context.req.raw);
    if (typeof body !== "string") return turnAway.body(context, body);
    let told: Readonly<Record<string, string>> = {};
    const onRate: OnRate = (decision, windowSeconds) => told = rateHeaders(decision, windowSeconds);
    using hangUp = hangUpOf(context.req.raw);
    const peer = { ...peers.peerOf(context, hangUp.signal), onRate };
    if (isOfficialPost(context.req.raw.headers, body)) {
      const read = readOfficial(body, settings.JSON_DEPTH_MAX);
      if (read.refused) return turnAway.message(context, read.refused);
      return await answerOfficial(context, read.value, peer, () => told);
    }
    const answer = await house(body, peer);
    if (!answer) return context.body(null, 202);
    // A batch's calls have each their own limit: headers would speak of one of them only.
    const headers = answer.text.startsWith("[") ? {} : told;
    return reply(context, answer.text, httpStatus(answer.errorCode), {
      "content-type": "application/json",
      ...headers,
    });
  });

  routes.delete("/mcp", async (context, next) => {
    return isOfficialRequest(context.req.raw.headers) ? await answerOfficial(context, undefined) : await next();
  });

  routes.all(
    "/mcp",
    (context: Context) =>
      context.json({ error: "Use GET with a WebSocket upgrade, or POST" }, 405, { allow: "GET, POST" }),
  );
}

/** A listening stream of the official dialect; anything else that comes by GET is told what to do. */
function asksForStream({ req }: Context): boolean {
  return isOfficialRequest(req.raw.headers) || (req.header("accept")?.includes("text/event-stream") ?? false);
}
