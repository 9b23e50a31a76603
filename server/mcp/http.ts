import {
  createMcpHandler,
  isInitializeRequest,
  isJSONRPCRequest,
  isLegacyRequest,
  type JSONRPCRequest,
  type McpRequestContext,
  WebStandardStreamableHTTPServerTransport,
} from "@modelcontextprotocol/server";
import { z } from "zod";
import { HOUSE_CODES } from "../house_errors.ts";
import type { Peer } from "../peer.ts";
import { boundUnread } from "./bounded_stream.ts";
import { LATEST_VERSION } from "./identity.ts";
import type { DirectReply } from "./direct/reply.ts";
import type { OfficialWay } from "./direct.ts";
import { isRefused, type Listeners, LISTENERS_MAX } from "./listeners.ts";
import type { CheckParamHeaders } from "./param_headers.ts";
import { refuse } from "./refuse.ts";
import type { ResourceChanges } from "./resources/changes.ts";
import { createListenBus } from "./resources/listen_bus.ts";
import type { OfficialServerFactory } from "./server.ts";
import type { SessionHttp } from "./session/session_http.ts";
import { isSubscribing, whyNoSubscription } from "./subscriptions.ts";

/** The official protocol over Streamable HTTP, both eras. */
export interface OfficialHttp extends AsyncDisposable {
  /** @param body the JSON value that was posted @returns the reply, which may stream */
  answer(request: Request, body: unknown, peer: Peer): Promise<Response | DirectReply>;
}

export interface OfficialHttpOptions {
  readonly servers: OfficialServerFactory;
  readonly sessions: SessionHttp;
  readonly checkParamHeaders: CheckParamHeaders;
  readonly listeners: Listeners;
  /** None where left out. */
  readonly changes?: ResourceChanges | undefined;
  readonly onFault: (error: unknown) => void;
  readonly onWay: (way: OfficialWay) => void;
}

/** Headers and body differ, in the protocol's own words. */
const HEADER_MISMATCH = -32020;

const toolCallSchema = z.object({
  id: z.union([z.string(), z.number()]),
  method: z.literal("tools/call"),
  params: z.object({ name: z.string(), arguments: z.record(z.string(), z.unknown()).default({}) }),
});

/** Where the peer travels through the SDK: it takes what authentication found, and hands it on unread. */
const PEER = "peer";

/** Opens nothing but what a request needs; disposing ends the streams that are open. */
export function createOfficialHttp(options: OfficialHttpOptions): OfficialHttp {
  const { servers, sessions, checkParamHeaders, listeners, changes, onFault, onWay } = options;
  const listening = changes && createListenBus(changes);
  const modern = createMcpHandler((context) => servers("modern", peerOf(context)), {
    legacy: "reject",
    onerror: onFault,
    ...(listening && { bus: listening.bus }),
    maxSubscriptions: LISTENERS_MAX,
  });

  /** A request of the handshake era that has no session: served by itself. */
  async function answerLegacy(request: Request, body: unknown, peer: Peer): Promise<Response> {
    const accept = request.headers.get("accept") ?? "*/*";
    const streams = accept.includes("text/event-stream");
    const transport = new WebStandardStreamableHTTPServerTransport({ enableJsonResponse: !streams });
    const server = servers("legacy", peer);
    server.onerror = onFault;
    await server.connect(transport);
    return await transport.handleRequest(streams ? request : acceptingBoth(request), { parsedBody: body });
  }

  /** Turns a call of the latest era away whose headers say another thing than its arguments. */
  function refuseParamHeaders({ headers }: Request, body: unknown): Response | undefined {
    const call = toolCallSchema.safeParse(body).data;
    const message = call && checkParamHeaders(call.params.name, call.params.arguments, headers);
    if (message === undefined) return undefined;
    const error = { code: HEADER_MISMATCH, message };
    return Response.json({ jsonrpc: "2.0", id: call?.id, error }, { status: 400 });
  }

  /** Opens a stream of `subscriptions/listen`, within its bounds. */
  async function listen(id: JSONRPCRequest["id"], { principal }: Peer, open: () => Promise<Response>) {
    const taken = listeners.take(principal);
    if (isRefused(taken)) {
      const { message, retryable } = taken;
      const error = { code: HOUSE_CODES.overloaded, message, data: { kind: "overloaded", retryable } };
      return Response.json({ jsonrpc: "2.0", id, error });
    }
    try {
      return boundUnread(await open(), () => taken[Symbol.dispose]());
    } catch (error) {
      taken[Symbol.dispose]();
      throw error;
    }
  }

  return {
    async answer(request, body, peer) {
      // The latest era has no sessions, and does not look at what a client sends of one.
      const isModern = request.headers.get("mcp-protocol-version") === LATEST_VERSION;
      if (request.headers.has("mcp-session-id") && !isModern) return await sessions.answer(request, body, peer);
      onWay("sdk");
      // A stream to listen on, or an end, of a session: there is none.
      if (request.method !== "POST") return refuse(405, "Send a message by POST", { allow: "POST" });
      if (Array.isArray(body)) return refuse(400, "Send one message a request: this protocol has no batches");
      if (await isLegacyRequest(request, body)) {
        return isJSONRPCRequest(body) && isInitializeRequest(body)
          ? await sessions.initialize(body, peer)
          : await answerLegacy(request, body, peer);
      }
      const refusal = refuseParamHeaders(request, body);
      if (refusal) return refusal;
      const authInfo = { token: "", clientId: peer.principal.name, scopes: [], extra: { [PEER]: peer } };
      const fetch = () => modern.fetch(request, { parsedBody: body, authInfo });
      if (!changes || !listening || !isJSONRPCRequest(body) || !isSubscribing(body.method)) return await fetch();
      const error = await whyNoSubscription(body, changes);
      if (error) return Response.json({ jsonrpc: "2.0", id: body.id, error });
      return await listen(body.id, peer, () => listening.runFor(peer.principal, fetch));
    },
    [Symbol.asyncDispose]: () => modern.close(),
  };
}

function peerOf({ authInfo }: McpRequestContext): Peer {
  const peer = authInfo?.extra?.[PEER];
  if (!peer) throw new TypeError("Expected the peer beside the request");
  return peer as Peer; // It was put there above.
}

/** The SDK answers 406 to a client that does not name both forms; one that takes anything takes JSON. */
function acceptingBoth(request: Request): Request {
  const headers = new Headers(request.headers);
  headers.set("accept", "application/json, text/event-stream");
  return new Request(request.url, { method: request.method, headers, signal: request.signal });
}
