import {
  isJSONRPCRequest,
  isJSONRPCResponse,
  type JSONRPCMessage,
  parseJSONRPCMessage,
  type Server,
  type Transport,
} from "@modelcontextprotocol/server";
import { serveStdio } from "@modelcontextprotocol/server/stdio";
import type { OpenDialogue } from "../dialogue.ts";
import type { Refusal } from "../refusals.ts";
import type { Era } from "./caller.ts";
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
  readonly onRefusal: (reason: Refusal) => void;
  readonly onFault: (error: unknown) => void;
}

/** The official protocol over WebSocket, whose first message says which era the connection speaks. */
export function createOfficialSockets(
  { servers, changes, jsonDepthMax, onRefusal, onFault }: OfficialSocketOptions,
): OpenDialogue {
  return (peer, send) => {
    const transport = new FrameTransport(send);
    let wantsLog = false;
    const served = serveStdio(({ era }) => serve(era), {
      transport,
      onerror: onFault,
      maxSubscriptions: LISTENS_MAX,
    });

    /** A server that tells of the changes which its client wants to hear of; in the latest era the SDK knows which. */
    function serve(era: Era): Server {
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

/** A transport of the SDK whose frames somebody else carries. */
class FrameTransport implements Transport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: Transport["onmessage"];
  readonly #write: (text: string) => void;
  /** Requests that wait for their answer, by id as JSON. */
  readonly #waiting = new Map<string, () => void>();

  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  async start(): Promise<void> {}

  /** Resolves when the message is answered: at once, where it is no request. */
  deliver(message: JSONRPCMessage): Promise<void> {
    const answered = Promise.withResolvers<void>();
    if (isJSONRPCRequest(message)) this.#waiting.set(JSON.stringify(message.id), answered.resolve);
    else answered.resolve();
    // A request that is cancelled is not answered.
    if ("method" in message && message.method === "notifications/cancelled") {
      this.#end(JSON.stringify(message.params?.["requestId"]));
    }
    this.onmessage?.(message);
    return answered.promise;
  }

  send(message: JSONRPCMessage): Promise<void> {
    this.#write(JSON.stringify(message));
    if (isJSONRPCResponse(message)) this.#end(JSON.stringify(message.id));
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
    this.#waiting.get(id)?.();
    this.#waiting.delete(id);
  }
}
