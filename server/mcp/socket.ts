import {
  isJSONRPCRequest,
  isJSONRPCResponse,
  type JSONRPCMessage,
  parseJSONRPCMessage,
  type Transport,
} from "@modelcontextprotocol/server";
import { serveStdio } from "@modelcontextprotocol/server/stdio";
import { isDeeper } from "../../rpc/message.ts";
import type { Peer } from "../peer.ts";
import type { Refusal } from "../refusals.ts";
import type { OfficialServerFactory } from "./server.ts";

/** What a connection is served with, whatever its dialect. */
export interface Dialogue {
  /** Takes a message; resolves when it is answered, or when it has no answer. Never throws. */
  receive(text: string): Promise<void>;
  /** The peer has gone: what runs for it ends. */
  close(): void;
}

export interface OfficialSocketOptions {
  readonly servers: OfficialServerFactory;
  readonly jsonDepthMax: number;
  readonly onRefusal: (reason: Refusal) => void;
  readonly onFault: (error: unknown) => void;
}

/** Opens the official protocol on a WebSocket; its first message says which era the connection speaks. */
export type OpenOfficialSocket = (peer: Peer, send: (text: string) => void) => Dialogue;

/** The official protocol over WebSocket: one JSON-RPC object a text frame, in both eras. */
export function createOfficialSockets(
  { servers, jsonDepthMax, onRefusal, onFault }: OfficialSocketOptions,
): OpenOfficialSocket {
  return (peer, send) => {
    const transport = new FrameTransport(send);
    const served = serveStdio(({ era }) => servers(era, peer), { transport, onerror: onFault });

    function refuse(reason: Refusal, code: number, message: string): void {
      onRefusal(reason);
      send(JSON.stringify({ jsonrpc: "2.0", error: { code, message } }));
    }

    return {
      async receive(text) {
        let value: unknown;
        try {
          value = JSON.parse(text);
        } catch {
          return refuse("parse_error", -32700, "Parse error: send one JSON object a message");
        }
        if (Array.isArray(value)) return refuse("invalid_request", -32600, "Invalid Request: there are no batches");
        if (isDeeper(value, jsonDepthMax)) {
          return refuse("depth", -32600, `Invalid Request: nest at most ${jsonDepthMax} levels of arrays and objects`);
        }
        let message: JSONRPCMessage;
        try {
          message = parseJSONRPCMessage(value);
        } catch {
          return refuse("invalid_request", -32600, "Invalid Request: expected a JSON-RPC 2.0 object");
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
