import {
  isJSONRPCRequest,
  isJSONRPCResponse,
  isJSONRPCResultResponse,
  type JSONRPCMessage,
  type JSONRPCRequest,
  parseJSONRPCMessage,
  type RequestId,
  type Server,
  type Transport,
} from "@modelcontextprotocol/server";
import { serveStdio } from "@modelcontextprotocol/server/stdio";
import type { OpenDialogue } from "../dialogue.ts";
import type { Refusal } from "../refusals.ts";
import type { Era } from "./caller.ts";
import type { DirectWay, OfficialWay } from "./direct.ts";
import { DirectConnection } from "./direct/connection.ts";
import { levelSetBy } from "./log_notices.ts";
import { readOfficial, type RefusedMessage } from "./read.ts";
import type { ResourceChanges } from "./resources/changes.ts";
import type { OfficialServerFactory } from "./server.ts";
import { ConnectionSubscriptions, isSubscribing, whyNoSubscription } from "./subscriptions.ts";

/** Requests of `subscriptions/listen` that one connection may have open. */
const LISTENS_MAX = 32;

export interface OfficialSocketOptions {
  readonly servers: OfficialServerFactory;
  /** None where left out. */
  readonly changes?: ResourceChanges | undefined;
  readonly jsonDepthMax: number;
  /** Answers what needs no SDK; the SDK answers all where left out. */
  readonly direct?: Pick<DirectWay, "answer"> | undefined;
  readonly onRefusal: (reason: Refusal) => void;
  readonly onFault: (error: unknown) => void;
  readonly onWay: (way: OfficialWay) => void;
}

/** The official protocol over WebSocket, whose first message says which era the connection speaks. */
export function createOfficialSockets(
  { servers, changes, jsonDepthMax, direct, onRefusal, onFault, onWay }: OfficialSocketOptions,
): OpenDialogue {
  return (peer, send) => {
    const directly = direct && new DirectConnection(direct, peer);
    const transport = new FrameTransport(send, (method, params) => directly?.answered(era, method, params));
    let era: Era = "legacy";
    let wantsLog = false;
    const served = serveStdio(({ era }) => serve(era), {
      transport,
      onerror: onFault,
      maxSubscriptions: LISTENS_MAX,
    });

    /** A server that tells of the changes which its client wants to hear of; in the latest era the SDK knows which. */
    function serve(spoken: Era): Server {
      era = spoken;
      const subscriptions = era === "legacy" ? new ConnectionSubscriptions() : undefined;
      const server = servers(era, peer, subscriptions && { subscriptions, wantsLog: () => wantsLog });
      const watching = changes?.watch(peer.principal, (uri) => {
        // A client that has gone is told nothing.
        if (!subscriptions || subscriptions.has(uri)) server.sendResourceUpdated({ uri }).catch(() => {});
      });
      server.onclose = () => watching?.[Symbol.dispose]();
      return server;
    }

    /** Whoever asks to hear of changes must hear of them from the answer on. @returns whether it can be asked */
    async function canSubscribe(message: JSONRPCMessage): Promise<boolean> {
      if (!changes || !isJSONRPCRequest(message) || !isSubscribing(message.method)) return true;
      const error = await whyNoSubscription(message, changes);
      if (error) send(JSON.stringify({ jsonrpc: "2.0", id: message.id, error }));
      return !error;
    }

    function refuse({ reason, code, message }: RefusedMessage): void {
      onRefusal(reason);
      // An id is never null in this protocol: there is none.
      send(JSON.stringify({ jsonrpc: "2.0", error: { code, message } }));
    }

    return {
      async receive(text) {
        const read = readOfficial(text, jsonDepthMax);
        if (read.refused) return refuse(read.refused);
        // Where the log is wanted, a call that fails has more to send than its answer.
        const request = wantsLog ? undefined : directly?.read(read.value);
        const reply = request && !transport.isWaiting(request.id) ? await directly?.answer(request) : undefined;
        if (reply !== undefined) {
          onWay("direct");
          if (reply !== "") send(reply);
          return;
        }
        onWay("sdk");
        let message: JSONRPCMessage;
        try {
          message = parseJSONRPCMessage(read.value);
        } catch {
          return refuse({
            reason: "invalid_request",
            code: -32600,
            message: "Invalid Request: expected a JSON-RPC 2.0 object",
          });
        }
        if (directly?.cancel(cancelledBy(message))) return;
        wantsLog ||= levelSetBy(message) !== undefined;
        if (await canSubscribe(message)) await transport.deliver(message);
      },
      close() {
        transport.hangUp();
        served.close().catch(onFault);
      },
    };
  };
}

/** The id of the request that a message cancels; `undefined` of any other message. */
function cancelledBy(message: JSONRPCMessage): unknown {
  return "method" in message && message.method === "notifications/cancelled"
    ? message.params?.["requestId"]
    : undefined;
}

/** A transport of the SDK whose frames somebody else carries. */
class FrameTransport implements Transport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: Transport["onmessage"];
  readonly #write: (text: string) => void;
  readonly #onResult: (method: string, params: unknown) => void;
  /** Requests that wait for their answer, by id as JSON. */
  readonly #waiting = new Map<string, { readonly request: JSONRPCRequest; readonly resolve: () => void }>();

  /** @param onResult told of each request that is answered with a result */
  constructor(write: (text: string) => void, onResult: (method: string, params: unknown) => void) {
    this.#write = write;
    this.#onResult = onResult;
  }

  async start(): Promise<void> {}

  /** Resolves when the message is answered: at once, where it is no request. */
  deliver(message: JSONRPCMessage): Promise<void> {
    const answered = Promise.withResolvers<void>();
    const { resolve } = answered;
    if (isJSONRPCRequest(message)) this.#waiting.set(JSON.stringify(message.id), { request: message, resolve });
    else resolve();
    // A request that is cancelled is not answered.
    const cancelled = cancelledBy(message);
    if (cancelled !== undefined) this.#end(JSON.stringify(cancelled));
    this.onmessage?.(message);
    return answered.promise;
  }

  isWaiting(id: RequestId): boolean {
    return this.#waiting.has(JSON.stringify(id));
  }

  send(message: JSONRPCMessage): Promise<void> {
    this.#write(JSON.stringify(message));
    if (isJSONRPCResponse(message)) {
      const id = JSON.stringify(message.id);
      const { request } = this.#waiting.get(id) ?? {};
      if (request && isJSONRPCResultResponse(message)) this.#onResult(request.method, request.params);
      this.#end(id);
    }
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.hangUp();
    return Promise.resolve();
  }

  /** Nothing comes or goes any more. */
  hangUp(): void {
    for (const id of this.#waiting.keys()) this.#end(id);
    const { onclose } = this;
    delete this.onclose;
    onclose?.();
  }

  #end(id: string): void {
    this.#waiting.get(id)?.resolve();
    this.#waiting.delete(id);
  }
}
