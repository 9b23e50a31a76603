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
  unavailable(reason: keyof typeof UNAVAILABLE): Response;
  body(refused: RefusedBody): Response;
  /** 400: it is no message of the official protocol. */
  message(refused: RefusedMessage): Response;
}

export function createTurnAway(onRefusal: (reason: Refusal) => void): TurnAway {
  return {
    unavailable(reason) {
      onRefusal(reason);
      return Response.json({ error: UNAVAILABLE[reason] }, { status: 503, headers: { "retry-after": "1" } });
    },
    body({ reason, status, error }) {
      onRefusal(reason);
      return Response.json({ error }, { status });
    },
    message({ reason, code, message }) {
      onRefusal(reason);
      return Response.json({ jsonrpc: "2.0", error: { code, message } }, { status: 400 });
    },
  };
}
