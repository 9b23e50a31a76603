import {
  createMcpHandler,
  isInitializeRequest,
  isJSONRPCRequest,
  isLegacyRequest,
  type McpRequestContext,
  WebStandardStreamableHTTPServerTransport,
} from "@modelcontextprotocol/server";
import type { Peer } from "../peer.ts";
import { refuse } from "./refuse.ts";
import type { OfficialServerFactory } from "./server.ts";
import type { SessionHttp } from "./session/session_http.ts";

/** The official protocol over Streamable HTTP, both eras. */
export interface OfficialHttp extends AsyncDisposable {
  /** @param body the JSON value that was posted @returns the reply, which may stream */
  answer(request: Request, body: unknown, peer: Peer): Promise<Response>;
}

export interface OfficialHttpOptions {
  readonly servers: OfficialServerFactory;
  readonly sessions: SessionHttp;
  readonly onFault: (error: unknown) => void;
}

/** The one revision of the era without sessions. */
const LATEST_VERSION = "2026-07-28";

/** Where the peer travels through the SDK: it takes what authentication found, and hands it on unread. */
const PEER = "peer";

/** Opens nothing but what a request needs; disposing ends the streams that are open. */
export function createOfficialHttp({ servers, sessions, onFault }: OfficialHttpOptions): OfficialHttp {
  const modern = createMcpHandler((context) => servers("modern", peerOf(context)), {
    legacy: "reject",
    onerror: onFault,
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

  return {
    async answer(request, body, peer) {
      // The latest era has no sessions, and does not look at what a client sends of one.
      const isModern = request.headers.get("mcp-protocol-version") === LATEST_VERSION;
      if (request.headers.has("mcp-session-id") && !isModern) return await sessions.answer(request, body, peer);
      // A stream to listen on, or an end, of a session: there is none.
      if (request.method !== "POST") return refuse(405, "Send a message by POST", { allow: "POST" });
      if (Array.isArray(body)) return refuse(400, "Send one message a request: this protocol has no batches");
      if (await isLegacyRequest(request, body)) {
        return isJSONRPCRequest(body) && isInitializeRequest(body)
          ? await sessions.initialize(body, peer)
          : await answerLegacy(request, body, peer);
      }
      const authInfo = { token: "", clientId: peer.principal.name, scopes: [], extra: { [PEER]: peer } };
      return await modern.fetch(request, { parsedBody: body, authInfo });
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
