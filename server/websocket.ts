import { Buffer } from "node:buffer";
import type { OpenDialogue } from "./dialogue.ts";
import type { Log } from "./log.ts";
import type { Peer } from "./peer.ts";
import type { Refusal } from "./refusals.ts";
import { Turns } from "./turns.ts";

/** Close codes (RFC 6455, section 7.4.1). */
const GOING_AWAY = 1001;
const UNSUPPORTED_DATA = 1003;
const POLICY_VIOLATION = 1008;
const MESSAGE_TOO_BIG = 1009;

/** When the last calls have ended, their replies are a few steps from their sockets; what is left behind has none. */
const REPLIES_WAIT_MS = 250;
/**
 * Deno cuts a connection off without a word when a message arrives behind our close frame. Whoever is about to ask gets
 * this long to do so, and is closed instead of answered: it then waits, and sends nothing into the close.
 */
const LINGER_MS = 100;
/** A peer that does not answer our close frame is left to the system after this. */
const CLOSE_WAIT_MS = 1000;

export interface SocketLimits {
  readonly messageBytesMax: number;
  /** Bytes that may wait for a peer that does not read. */
  readonly queuedBytesMax: number;
  /** Messages of one socket that may be under way: read, and not answered yet. */
  readonly pendingMax: number;
  /** Deno pings a silent peer at half of it, and closes one that does not answer at the whole. */
  readonly idleSeconds: number;
  /** A socket that has sent nothing by then is closed. */
  readonly firstMessageMs: number;
}

/** The WebSocket connections that are open. */
export interface Sockets {
  readonly size: number;
  /** Those that one principal has open. */
  sizeOf(principal: string): number;
  /** Takes a connection over; its messages run at the same time. A request that is no handshake gets 400. */
  accept(request: Request, peer: (signal: AbortSignal) => Peer): Response;
  /**
   * From now on closes each connection with 1001 once it has no message under way: by its next message, which is not taken
   * any more, or a moment later.
   */
  closeIdle(): void;
  /** Lets replies out, closes every connection with 1001 and waits for the peers' answers, a second at most. */
  closeAll(): Promise<void>;
}

/** What is known of a connection that is open. */
interface Connection {
  /** Closes it soon where no message of it is under way. */
  leave(): void;
  /** They end with it. */
  stopTimers(): void;
}

/** The subprotocol of the official dialect. A client that offers none speaks the house dialect. */
const OFFICIAL = "mcp";

/** Serves dialects over WebSocket, one message a text frame. */
export function createSockets(
  dialects: { readonly house: OpenDialogue; readonly official: OpenDialogue },
  { limits, log, onRefusal, isBehind }: {
    readonly limits: SocketLimits;
    readonly log: Log;
    readonly onRefusal: (reason: Refusal) => void;
    /** Whether messages are to wait before they are begun; never where left out. */
    readonly isBehind?: () => boolean;
  },
): Sockets {
  const open = new Map<WebSocket, Connection>();
  const sizes = new Map<string, number>();
  /** Those that were told that the server goes away. */
  const closing = new Map<WebSocket, PromiseWithResolvers<void>>();
  const turns = new Turns({ isBehind });
  let isLeaving = false;
  /** Messages whose replies are not at their sockets yet. */
  let answering = 0;
  let onAllAnswered = () => {};

  function accept(request: Request, peerOf: (signal: AbortSignal) => Peer): Response {
    const gone = new AbortController();
    // First of all: once upgraded, the request's headers and address can no longer be read.
    const peer = peerOf(gone.signal);
    const offered = request.headers.get("sec-websocket-protocol")?.split(",").map((protocol) => protocol.trim());
    const isOfficial = offered?.includes(OFFICIAL) ?? false;
    let upgrade: Deno.WebSocketUpgrade;
    try {
      upgrade = Deno.upgradeWebSocket(request, {
        idleTimeout: limits.idleSeconds,
        // One that was not offered would be an error, and offers without an answer are.
        ...(isOfficial && { protocol: OFFICIAL }),
      });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return Response.json({ error: `Cannot open a WebSocket: ${reason}` }, { status: 400 });
    }
    const { socket, response } = upgrade;
    const { principal: { name }, standing } = peer;
    /** Messages that are begun and not answered yet, and those that wait for their turn besides. */
    let [running, pending] = [0, 0];

    const turnAway = (reason: Refusal, code: number, words: string) => {
      onRefusal(reason);
      settle(lane.clear());
      open.get(socket)?.stopTimers();
      closeQuietly(socket, code, words);
      // A peer that reads nothing, not even our close frame, keeps its connection: Deno cannot cut it off.
      gone.abort();
    };

    const send = (text: string) => {
      // send() on a closed socket is silent, and it never waits: what a slow peer leaves unread piles up here.
      if (socket.readyState !== WebSocket.OPEN) return;
      if (socket.bufferedAmount > limits.queuedBytesMax) {
        return turnAway("queued_bytes", POLICY_VIOLATION, "Read faster");
      }
      socket.send(text);
    };
    const dialogue = (isOfficial ? dialects.official : dialects.house)(peer, send);

    const answer = async (text: string) => {
      running++;
      try {
        await dialogue.receive(text);
        // The reply has said so, or that of a batch among others.
        if (standing?.ended && socket.readyState === WebSocket.OPEN) ended();
      } catch (error) {
        log.error("A message failed", { error });
      }
      running--;
      settle(1);
    };
    const lane = turns.open((text) => {
      if (running < limits.pendingMax) return void answer(text);
      settle(1);
      turnAway("pending", POLICY_VIOLATION, "Wait for replies");
    }, peer.slots);

    /** So many messages are not under way any more. */
    function settle(count: number): void {
      pending -= count;
      answering -= count;
      if (isLeaving) open.get(socket)?.leave();
      if (answering === 0) onAllAnswered();
    }

    const silent = () =>
      turnAway("first_message", POLICY_VIOLATION, `Send a first message within ${limits.firstMessageMs} ms`);
    const ended = () => turnAway("credential_ended", POLICY_VIOLATION, "The credential has expired or was revoked");
    const firstMessage = setTimeout(silent, limits.firstMessageMs);
    const stopWatch = standing?.onEnd(ended);
    let linger: ReturnType<typeof setTimeout> | undefined;
    open.set(socket, {
      leave() {
        const isClosing = socket.readyState > WebSocket.OPEN;
        if (pending === 0 && !isClosing) linger ??= setTimeout(() => goAway(socket), LINGER_MS);
      },
      stopTimers() {
        clearTimeout(linger);
        clearTimeout(firstMessage);
        stopWatch?.();
      },
    });
    sizes.set(name, (sizes.get(name) ?? 0) + 1);
    socket.onmessage = ({ data }) => {
      clearTimeout(firstMessage);
      if (isLeaving && pending === 0) {
        onRefusal("draining");
        goAway(socket);
        return;
      }
      // A throw in here would be a global error.
      if (typeof data !== "string") return turnAway("binary", UNSUPPORTED_DATA, "Send text frames");
      if (isLonger(data, limits.messageBytesMax)) {
        return turnAway("message_bytes", MESSAGE_TOO_BIG, `Send at most ${limits.messageBytesMax} bytes a message`);
      }
      if (lane.chars > limits.queuedBytesMax) return turnAway("pending", POLICY_VIOLATION, "Wait for replies");
      pending++;
      answering++;
      lane.take(data);
    };
    socket.onclose = ({ code, wasClean }) => {
      open.get(socket)?.stopTimers();
      closing.get(socket)?.resolve();
      closing.delete(socket);
      gone.abort();
      settle(lane.clear());
      // It fires twice after an idle timeout.
      if (!open.delete(socket)) return;
      dialogue.close();
      const left = (sizes.get(name) ?? 0) - 1;
      if (left > 0) sizes.set(name, left);
      else sizes.delete(name);
      // What Deno says of a peer that did not answer its ping.
      if (code === GOING_AWAY && !wasClean) onRefusal("idle");
    };
    // A close event follows it.
    socket.onerror = () => {};
    return response;
  }

  /** Starts the closing handshake. @returns when the peer has answered it */
  function goAway(socket: WebSocket): Promise<void> {
    open.get(socket)?.stopTimers();
    const closed = closing.get(socket) ?? Promise.withResolvers<void>();
    closing.set(socket, closed);
    closeQuietly(socket, GOING_AWAY, "The server is stopping");
    return closed.promise;
  }

  function closeIdle(): void {
    isLeaving = true;
    for (const connection of open.values()) connection.leave();
  }

  async function closeAll(): Promise<void> {
    if (answering > 0) await within(REPLIES_WAIT_MS, new Promise<void>((resolve) => onAllAnswered = resolve));
    closeIdle();
    if (open.size > 0) await new Promise((resolve) => setTimeout(resolve, LINGER_MS));
    await within(CLOSE_WAIT_MS, Promise.all(Array.from(open.keys(), goAway)));
  }

  return {
    get size() {
      return open.size;
    },
    sizeOf: (principal) => sizes.get(principal) ?? 0,
    accept,
    closeIdle,
    closeAll,
  };
}

/** Waits for the work, but no longer than so long. */
async function within(ms: number, work: Promise<unknown>): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  await Promise.race([work, late]);
  clearTimeout(timer);
}

function closeQuietly(socket: WebSocket, code: number, reason: string): void {
  try {
    socket.close(code, reason);
  } catch { /* It is not open yet, or no longer. */ }
}

/** Whether the text has more than so many bytes; counts them only where its length leaves a doubt. */
function isLonger(text: string, bytesMax: number): boolean {
  return text.length > bytesMax || (text.length * 3 > bytesMax && Buffer.byteLength(text) > bytesMax);
}
