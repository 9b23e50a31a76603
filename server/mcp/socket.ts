import {
  isJSONRPCRequest,
  isJSONRPCResponse,
  type JSONRPCMessage,
  parseJSONRPCMessage,
  type Transport,
} from "@modelcontextprotocol/server";
import { serveStdio } from "@modelcontextprotocol/server/stdio";
import type { OpenDialogue } from "../dialogue.ts";
import type { Refusal } from "../refusals.ts";
import { readOfficial, type RefusedMessage } from "./read.ts";
import type { OfficialServerFactory } from "./server.ts";

export interface OfficialSocketOptions {
  readonly servers: OfficialServerFactory;
  readonly jsonDepthMax: number;
  readonly onRefusal: (reason: Refusal) => void;
  readonly onFault: (error: unknown) => void;
}

/** The official protocol over WebSocket, whose first message says which era the connection speaks. */
export function createOfficialSockets(
  { servers, jsonDepthMax, onRefusal, onFault }: OfficialSocketOptions,
): OpenDialogue {
  return (peer, send) => {
    const transport = new FrameTransport(send);
    const served = serveStdio(({ era }) => servers(era, peer), { transport, onerror: onFault });

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
        await transport.deliver(message);
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
