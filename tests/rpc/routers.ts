import { RpcError } from "../../rpc/error.ts";
import { createRouter, type MethodTable, type Router, type RouterOptions } from "../../rpc/router.ts";

const options: RouterOptions = {
  idRequired: false,
  batchMax: 50,
  depthMax: 64,
  batchBytesMax: 1_000_000,
  batchBytesError: () => new RpcError(-32099, "The batch's reply is too long"),
  onRefusal: () => {},
  unknownMethodHint: () => "Ask for another method",
  onFault: () => {},
};

/** JSON-RPC 2.0 to the letter: a message without an id is a notification. */
export function strictRouter(methods: MethodTable<void>, changed: Partial<RouterOptions> = {}): Router<void> {
  return createRouter(methods, { ...options, ...changed });
}

/** The house rule: a message without an id is answered −32600, unless it is one of `notifications/*`. */
export function houseRouter(methods: MethodTable<void>, changed: Partial<RouterOptions> = {}): Router<void> {
  return createRouter(methods, { ...options, idRequired: true, ...changed });
}

/** The text of a request of `method` with id 1. */
export function requestText(method: string, params?: unknown): string {
  return JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
}
