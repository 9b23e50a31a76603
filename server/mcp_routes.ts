import type { Context, Hono } from "hono";
import type { Ids } from "../storage/clock.ts";
import { type AppEnv, isUpgrade } from "./app_env.ts";
import { endWithCredential } from "./auth/ending_stream.ts";
import { isOfficialRequest } from "./mcp/classify.ts";
import type { AnswerPost } from "./mcp_post.ts";
import type { LazyOfficial } from "./official.ts";
import type { Peers } from "./peers.ts";
import type { Settings } from "./settings.ts";
import type { TurnAway } from "./turn_away.ts";
import type { Sockets } from "./websocket.ts";

export interface McpRoutesOptions {
  readonly settings: Settings;
  readonly answerPost: AnswerPost;
  readonly official: Pick<LazyOfficial, "answer">;
  readonly sockets: Sockets;
  readonly peers: Peers;
  readonly turnAway: TurnAway;
  readonly ids: Ids;
}

/** `/mcp`: a WebSocket, or HTTP in either dialect. */
export function addMcpRoutes(routes: Hono<AppEnv>, options: McpRoutesOptions): void {
  const { settings, answerPost, official, sockets, peers, turnAway, ids } = options;
  const principalMax = settings.CONNECTIONS_PER_PRINCIPAL_MAX ?? settings.CONNECTIONS_MAX;

  /** A stream to listen on, or the end of a session. */
  async function answerOfficial(context: Context<AppEnv>): Promise<Response> {
    const answer = await official.answer(context.req.raw, undefined, peers.peerOf(context));
    if (!(answer instanceof Response)) return new Response(answer.text, { headers: answer.headers });
    return endWithCredential(answer, context.get("visitor")?.standing);
  }

  routes.get("/mcp", async (context) => {
    if (!isUpgrade(context)) {
      if (asksForStream(context)) return await answerOfficial(context);
      return context.json({ error: "Open a WebSocket here, or POST a JSON-RPC message" }, 426, {
        upgrade: "websocket",
      });
    }
    if (sockets.size >= settings.CONNECTIONS_MAX) return turnAway.unavailable("connections");
    const { principal } = peers.peerOf(context);
    if (sockets.sizeOf(principal.name) >= principalMax) return turnAway.unavailable("principal_connections");
    return sockets.accept(context.req.raw, (signal) => peers.connectedPeerOf(context, ids.uuid(), signal));
  });

  routes.post("/mcp", async (context) => {
    const answer = await answerPost(peers.arrivalOf(context));
    return answer instanceof Response ? answer : new Response(answer.text, answer);
  });

  routes.delete("/mcp", async (context, next) => {
    return isOfficialRequest(context.req.raw.headers) ? await answerOfficial(context) : await next();
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
