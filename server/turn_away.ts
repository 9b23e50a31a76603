import type { Context } from "hono";
import type { RefusedBody } from "./body.ts";
import type { RefusedMessage } from "./mcp/read.ts";
import type { Refusal } from "./refusals.ts";

const UNAVAILABLE = {
  draining: "The server is stopping",
  connections: "Too many connections are open",
  principal_connections: "You have too many connections open",
  http_in_flight: "Too many requests are under way",
} as const satisfies Partial<Record<Refusal, string>>;

/** Answers what is not taken in, and counts it. */
export interface TurnAway {
  /** 503: somewhere else or in a second it may be. */
  unavailable(context: Context, reason: keyof typeof UNAVAILABLE): Response;
  body(context: Context, refused: RefusedBody): Response;
  /** 400: it is no message of the official protocol. */
  message(context: Context, refused: RefusedMessage): Response;
}

export function createTurnAway(onRefusal: (reason: Refusal) => void): TurnAway {
  return {
    unavailable(context, reason) {
      onRefusal(reason);
      return context.json({ error: UNAVAILABLE[reason] }, 503, { "retry-after": "1" });
    },
    body(context, { reason, status, error }) {
      onRefusal(reason);
      return context.json({ error }, status);
    },
    message(context, { reason, code, message }) {
      onRefusal(reason);
      return context.json({ jsonrpc: "2.0", error: { code, message } }, 400);
    },
  };
}
