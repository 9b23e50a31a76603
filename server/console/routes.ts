import { type Context, Hono } from "hono";
import type { Router } from "../../rpc/router.ts";
import type { Ids } from "../../storage/clock.ts";
import type { Authorizer } from "../../tools/authorizer.ts";
import { ToolError } from "../../tools/error.ts";
import type { Tool } from "../../tools/tool.ts";
import type { AppEnv } from "../app_env.ts";
import { endWithCredential } from "../auth/ending_stream.ts";
import { createBodyReader } from "../body.ts";
import type { EdgeCall } from "../edge_call.ts";
import { httpStatus, toRpcError } from "../house_errors.ts";
import type { Peer } from "../peer.ts";
import type { Peers } from "../peers.ts";
import type { Exports, RecordEnd } from "./exports.ts";
import { type ConsoleHealthSources, readConsoleHealth } from "./health.ts";
import { describeToConsole } from "./tools.ts";
import type { Watchers } from "./watch.ts";

/** A question of the console is a few words. */
const BODY_BYTES_MAX = 16_384;

export interface ConsoleRoutesOptions {
  readonly tools: readonly Tool[];
  readonly authorizer: Pick<Authorizer, "mayList" | "mayEnter">;
  readonly peers: Pick<Peers, "peerOf">;
  readonly watchers: Pick<Watchers, "open">;
  readonly health: ConsoleHealthSources;
  /** Answers the messages of views: calls of tools, as they are made at `/mcp`. */
  readonly house: Router<Peer>;
  readonly messageBytesMax: number;
  readonly exports: Pick<Exports, "take">;
  /** Calls of the tools that no list shows, behind the same guards as every other. */
  readonly callUnlisted: EdgeCall;
  /** Milliseconds in which a body must arrive. */
  readonly bodyMs: number;
  readonly ids: Ids;
}

/**
 * What the console's pages ask for beside their calls of tools; mount it at `/dashboard/api`, behind the door
 * `dashboard`, where the session is a credential. Each answer holds what the caller may see, and no more.
 */
export function createConsoleRoutes(options: ConsoleRoutesOptions): Hono<AppEnv> {
  const { tools, authorizer, peers, watchers, health, house, exports, callUnlisted, ids } = options;
  const readBody = createBodyReader({ bytesMax: BODY_BYTES_MAX, waitMs: options.bodyMs });
  const readMessage = createBodyReader({ bytesMax: options.messageBytesMax, waitMs: options.bodyMs });
  const routes = new Hono<AppEnv>();
  const describe = () => tools.map((tool) => ({ tool, description: describeToConsole(tool) }));
  // Of no use to a start: every schema is gone through.
  let described: ReturnType<typeof describe> | undefined;

  routes.get("/tools", (context) => {
    const { principal } = peers.peerOf(context);
    described ??= describe();
    const mine = described.filter(({ tool }) => authorizer.mayList(principal, tool));
    return context.json({ tools: mine.map(({ description }) => description) });
  });

  routes.get("/health", (context) => {
    const { principal } = peers.peerOf(context);
    return context.json(readConsoleHealth(health, authorizer.mayEnter(principal, "audit").allowed));
  });

  routes.get("/watch", (context) => {
    const opened = watchers.open(peers.peerOf(context).principal);
    if (!opened) return context.json({ error: "Too many watch at this replica" }, 503, { "retry-after": "5" });
    return endWithCredential(opened, context.get("visitor")?.standing);
  });

  routes.post("/call", async (context) => {
    const body = await readMessage(context.req.raw);
    if (typeof body !== "string") return context.json({ error: body.error }, body.status);
    const reply = await house(body, peers.peerOf(context));
    // A refusal too is an answer that a view shows, and nothing for a browser to complain of.
    return reply ? context.body(reply.text, 200, { "content-type": "application/json" }) : context.body(null, 202);
  });

  // Each is a call of a tool that no list shows, with a record of its own.
  routes.post("/records", (context) => call(context, "audit.records"));
  routes.post("/verify", (context) => call(context, "audit.verify_record"));
  routes.post("/export", async (context) => {
    using place = exports.take();
    if (!place) return context.json({ error: "Too many exports at this replica" }, 503, { "retry-after": "5" });
    return await call(context, "audit.export", (text, args, peer) => {
      // Whoever asks is gone by the end, or about to be.
      const { signal } = new AbortController();
      const record: RecordEnd = (end) => askFor(context, { ...peer, signal }, "audit.export_end", end);
      return place.open({
        begun: text,
        args,
        principal: peer.principal,
        standing: context.get("visitor")?.standing,
        record,
      });
    });
  });

  /** @param answer makes a response of the result as JSON text; that itself where left out */
  async function call(
    context: Context<AppEnv>,
    tool: string,
    answer: (text: string, args: unknown, peer: Peer) => Response = (text) =>
      context.body(text, 200, { "content-type": "application/json" }),
  ): Promise<Response> {
    const body = await readBody(context.req.raw);
    if (typeof body !== "string") return context.json({ error: body.error }, body.status);
    let args: unknown;
    try {
      args = JSON.parse(body);
    } catch {
      return context.json({ error: "Expected the arguments as JSON" }, 400);
    }
    const peer = peers.peerOf(context);
    try {
      return answer(await askFor(context, peer, tool, args), args, peer);
    } catch (error) {
      if (!(error instanceof ToolError)) throw error;
      const { code, message } = toRpcError(error);
      // What plain JSON-RPC answers with 200 is an error here, where the status alone says so.
      const status = httpStatus(code);
      return context.json({ error: message, hint: error.hint }, status === 200 ? 422 : status);
    }
  }

  async function askFor(context: Context<AppEnv>, peer: Peer, tool: string, args: unknown): Promise<string> {
    const { principal, transport, client, session, signal, slots } = peer;
    const { text } = await callUnlisted({ method: `POST ${context.req.path}`, tool, args }, {
      ...{ principal, transport, client, session, signal },
      dialect: "house",
      requestId: null,
      traceId: ids.uuid().replaceAll("-", ""),
      notify: () => {},
    }, { slots });
    return text;
  }

  return routes;
}
