import {
  type InitializeResult,
  isInitializeRequest,
  isJSONRPCErrorResponse,
  isJSONRPCNotification,
  isJSONRPCRequest,
  isJSONRPCResponse,
  isJSONRPCResultResponse,
  type JSONRPCMessage,
  type JSONRPCRequest,
  parseJSONRPCMessage,
  type RequestId,
  type Server,
  SUPPORTED_PROTOCOL_VERSIONS,
} from "@modelcontextprotocol/server";
import type { Ids } from "../../../storage/clock.ts";
import { Deadlines } from "../../../storage/deadlines.ts";
import { StorageError } from "../../../storage/errors.ts";
import type { McpSessionState, McpSessionStore } from "../../../storage/mcp_session_store.ts";
import { type Peer, Slots } from "../../peer.ts";
import type { DirectWay, OfficialWay } from "../direct.ts";
import type { DirectReply } from "../direct/reply.ts";
import { readRequest } from "../direct/request.ts";
import { isRefused, type Listeners } from "../listeners.ts";
import { levelSetBy } from "../log_notices.ts";
import { refuse } from "../refuse.ts";
import type { ResourceChanges } from "../resources/changes.ts";
import type { OfficialServerFactory } from "../server.ts";
import { answerInSession } from "./direct_exchange.ts";
import { Exchange, STREAMS_AFTER_MS } from "./exchange.ts";
import { factsOf } from "./facts.ts";
import type { SessionHub } from "./hub.ts";
import { leaseReply } from "./lease.ts";
import { isListening, listen } from "./listening.ts";
import { prime, PRIME_ID } from "./prime.ts";
import { placeOf, replay } from "./replay.ts";
import type { SessionFacts, SessionSeal } from "./seal.ts";
import { sessionSubscriptions } from "./subscribed.ts";

/** Seconds that a session lives on after its last request. */
const SESSION_SECONDS = 3600;
/** Listening streams of one replica that go on for a while without their clients. */
const LINGERING_MAX = 1024;
const SESSION_HEADER = "mcp-session-id";

export interface SessionHttpOptions {
  readonly servers: OfficialServerFactory;
  readonly sessions: McpSessionStore;
  readonly seal: SessionSeal;
  readonly hub: SessionHub;
  readonly listeners: Listeners;
  /** Of resources; none where left out. */
  readonly changes?: ResourceChanges | undefined;
  readonly ids: Ids;
  /** Answers what needs no SDK; the SDK answers all where left out. */
  readonly direct?: Pick<DirectWay, "answer"> | undefined;
  readonly onFault: (error: unknown) => void;
  readonly onWay: (way: OfficialWay) => void;
}

/** Sessions of the handshake era, each request of which may come to another replica. */
export interface SessionHttp {
  /** Answers `initialize`; the reply names the session, where there is a store to keep it in. */
  initialize(body: JSONRPCRequest, peer: Peer): Promise<Response>;
  /** Answers a request that names a session. @param body `undefined` of GET and DELETE */
  answer(request: Request, body: unknown, peer: Peer): Promise<Response | DirectReply>;
}

export function createSessionHttp(options: SessionHttpOptions): SessionHttp {
  const { servers, sessions, seal, hub, listeners, changes, ids, direct, onFault, onWay } = options;
  const longCalls = new Deadlines(STREAMS_AFTER_MS);
  const lingering = new Slots(LINGERING_MAX);

  async function initialize(body: JSONRPCRequest, peer: Peer): Promise<Response> {
    const exchange = exchangeOf("", body, false);
    await connect(servers("legacy", peer), exchange);
    const response = await exchange.run();
    const reply: JSONRPCMessage = await response.clone().json();
    if (!isJSONRPCResultResponse(reply) || !isInitializeRequest(body)) return response;
    const facts = factsOf(ids.uuid(), body, reply.result as InitializeResult, peer);
    const sealed = seal.close(facts);
    if (sealed === undefined) return response;
    try {
      await sessions.open(facts.id, SESSION_SECONDS);
    } catch (error) {
      // Without a session each request stands alone, and that works still.
      if (error instanceof StorageError) return response;
      throw error;
    }
    response.headers.set(SESSION_HEADER, sealed);
    return response;
  }

  async function answer(request: Request, body: unknown, peer: Peer): Promise<Response | DirectReply> {
    const facts = seal.open(request.headers.get(SESSION_HEADER) ?? "");
    // Another principal's session is none: nothing tells the two apart.
    if (!facts || facts.principal !== peer.principal.name) return unknownSession();
    const version = request.headers.get("mcp-protocol-version") ?? facts.protocolVersion;
    if (!SUPPORTED_PROTOCOL_VERSIONS.includes(version)) {
      return refuse(400, `Unsupported protocol version ${JSON.stringify(version.slice(0, 32))}`);
    }
    let way: OfficialWay = "sdk";
    try {
      const state = await sessions.find(facts.id, SESSION_SECONDS);
      if (!state) return unknownSession();
      switch (request.method) {
        case "GET":
          return await answerGet(request, facts, peer);
        case "DELETE":
          await sessions.end(facts.id);
          await hub.tell(facts.id, { kind: "end" });
          return new Response(null, { status: 200 });
        default:
          return await answerPost(request, body, facts, state, peer, (taken) => way = taken);
      }
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      return refuse(503, "The store of sessions is away: try again in a few seconds", { "retry-after": "2" });
    } finally {
      onWay(way);
    }
  }

  async function answerGet(request: Request, { id }: SessionFacts, { principal }: Peer): Promise<Response> {
    if (!request.headers.get("accept")?.includes("text/event-stream")) {
      return refuse(406, "Accept text/event-stream to listen");
    }
    const last = request.headers.get("last-event-id");
    const from = last === null ? undefined : placeOf(last);
    if (last !== null && !from) return refuse(400, "Expected the id of an event as Last-Event-ID");
    const taken = listeners.take(principal);
    if (isRefused(taken)) return refuse(taken.retryable ? 503 : 429, taken.message, { "retry-after": "10" });
    const shared = { sessions, hub, onFault, onGone: () => taken[Symbol.dispose]() };
    if (from && !isListening(from)) return await replay(id, from, shared);
    const subscribed = changes && { principal, sessions, ttlSeconds: SESSION_SECONDS, hub, changes };
    return await listen(id, { ...shared, ids, subscribed, lingering }, from);
  }

  async function answerPost(
    request: Request,
    body: unknown,
    facts: SessionFacts,
    state: McpSessionState,
    { signal: _, ...peer }: Peer,
    onWay: (way: OfficialWay) => void,
  ): Promise<Response | DirectReply> {
    const takesStream = request.headers.get("accept")?.includes("text/event-stream") ?? false;
    // A client that goes away has not cancelled.
    const ofSession = { ...peer, client: { ...peer.client, ...facts.client }, session: facts.id };
    const bySdk = async (message: JSONRPCRequest, exchange = exchangeOf(facts.id, message, takesStream)) => {
      onWay("sdk");
      return await answerRequest(message, exchange, facts, state, ofSession);
    };
    // Where the log is wanted, a call that fails has more to send than its answer.
    const read = direct && state.logLevel === undefined ? readRequest("legacy", body) : undefined;
    if (direct && read && !isPrime(read.id)) {
      const message = body as JSONRPCRequest; // It was read as one.
      onWay("direct");
      return await answerInSession({
        ...{ direct, hub, request: read, peer: ofSession, session: facts.id, longCalls, onFault },
        openExchange: takesStream ? () => exchangeOf(facts.id, message, takesStream) : undefined,
        answerBySdk: (exchange) => bySdk(message, exchange),
      });
    }
    const message = readMessage(body);
    if (!message) return refuse(400, "Expected a JSON-RPC 2.0 message");
    if (isJSONRPCRequest(message)) {
      if (!isPrime(message.id)) return await bySdk(message);
      return refuse(400, `Expected another id than one that begins with "${PRIME_ID}"`);
    }
    if (isJSONRPCResponse(message)) await takeAnswer(facts.id, message);
    else if (isJSONRPCNotification(message) && message.method === "notifications/cancelled") {
      const requestId = message.params?.["requestId"];
      if (typeof requestId === "string" || typeof requestId === "number") {
        await hub.tell(facts.id, { kind: "cancel", requestId });
      }
    }
    return new Response(null, { status: 202 });
  }

  /** A client's answer belongs to the exchange whose name stands before the id. */
  async function takeAnswer(session: string, message: JSONRPCMessage): Promise<void> {
    if (!isJSONRPCResultResponse(message) && !isJSONRPCErrorResponse(message)) return;
    const exchange = String(message.id).replace(/_\d+$/, "");
    await hub.tell(session, { kind: "answer", exchange, message });
  }

  async function answerRequest(
    request: JSONRPCRequest,
    exchange: Exchange,
    facts: SessionFacts,
    { logLevel }: McpSessionState,
    ofSession: Omit<Peer, "signal">,
  ): Promise<Response> {
    const ended = new AbortController();
    const subscriptions = sessionSubscriptions(facts.id, { sessions, hub });
    const kept = { subscriptions, wantsLog: () => logLevel !== undefined };
    const server = servers("legacy", { ...ofSession, signal: ended.signal }, kept);
    const name = exchange.name;
    const listening = await hub.listen(facts.id, (notice) => {
      if (notice.kind === "end") {
        ended.abort();
        exchange.giveUp();
      }
      if (notice.kind === "answer" && notice.exchange === name) return exchange.take(notice.message), true;
      if (notice.kind === "cancel" && notice.requestId === request.id) return exchange.cancel(), true;
      return false;
    });
    exchange.ended.then(async () => {
      listening[Symbol.dispose]();
      await server.close();
    }).catch(onFault);
    await connect(server, exchange);
    await prime(exchange, facts, logLevel);
    const level = levelSetBy(request);
    if (level !== undefined) await sessions.setLogLevel(facts.id, level);
    return await exchange.run();
  }

  function exchangeOf(session: string, request: JSONRPCRequest, takesStream: boolean): Exchange {
    const name = ids.uuid();
    return new Exchange({
      ...{ name, request, takesStream, onFault },
      lease: () => leaseReply(session, name, sessions),
      async keep(text) {
        const place = await sessions.append(session, name, text);
        await hub.tell(session, { kind: "event", stream: name });
        return place;
      },
    });
  }

  async function connect(server: Server, exchange: Exchange): Promise<void> {
    server.onerror = onFault;
    await server.connect(exchange);
  }

  return { initialize, answer };
}

function isPrime(id: RequestId): boolean {
  return typeof id === "string" && id.startsWith(PRIME_ID);
}

function readMessage(body: unknown): JSONRPCMessage | undefined {
  try {
    return parseJSONRPCMessage(body);
  } catch {
    return undefined;
  }
}

function unknownSession(): Response {
  return refuse(404, "There is no such session, or it has ended: open another one with initialize");
}
