import { ProtocolError } from "@modelcontextprotocol/server";
import type { Refusal } from "../refusals.ts";

/** How the SDK's words begin where it tells of a message that it has turned away, or that nothing waits for. */
const OF_A_MESSAGE =
  /^(?:Rejected |Received a |Discarded |Dropped inbound |Era mismatch |Unknown message type|Bad Request|Invalid Request|Not Acceptable|Unsupported Media Type|Method not allowed|Parse error|requestState verification |Response for request ID |subscriptions\/listen refused)/;

/**
 * Sorts what the SDK tells: it makes no difference between a fault and a message that it refused, in whose words it
 * quotes the peer. The one is for the log, the other is counted, or any peer could fill the log.
 */
export function sortSdkErrors({ onFault, onRefusal }: {
  readonly onFault: (error: unknown) => void;
  readonly onRefusal: (reason: Extract<Refusal, "invalid_request">) => void;
}): (error: unknown) => void {
  return (error) => isOfMessage(error) ? onRefusal("invalid_request") : onFault(error);
}

function isOfMessage(error: unknown): boolean {
  if (error instanceof ProtocolError) return true;
  // Faults of ours have classes of their own, most of them.
  return error instanceof Error && error.constructor === Error && OF_A_MESSAGE.test(error.message);
}
