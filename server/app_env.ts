import type { Context } from "hono";
import type { Visitor } from "./auth/gate.ts";

/** What `Deno.serve` tells beside a request. */
export type Connection = { readonly remoteAddr?: Deno.Addr; readonly completed?: Promise<void> };

/** What a route is given beside its request. */
export interface AppEnv {
  readonly Bindings: Connection;
  readonly Variables: {
    /** Who was let in; none where nobody is asked. */
    visitor?: Visitor;
  };
}

/** Requests that are made by hand, in tests, have none. */
export function connectionOf(context: Context<AppEnv>): Connection | undefined {
  return context.env as Connection | undefined;
}

/** Whether a request asks for a WebSocket. HEAD is routed as GET, and an upgrade of it would never be answered. */
export function isUpgrade(context: Context<AppEnv>): boolean {
  return context.req.method === "GET" && context.req.header("upgrade")?.toLowerCase() === "websocket";
}
