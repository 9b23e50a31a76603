import { RpcError } from "../rpc/error.ts";
import type { ToolError, ToolErrorKind } from "../tools/error.ts";

/**
 * The house dialect's table from a tool error's kind to its code: JSON-RPC's own, and ours outside the range that the
 * official protocol reserves (−32020…−32099).
 */
export const HOUSE_CODES: Readonly<Record<ToolErrorKind, number>> = {
  tool_failed: -32000,
  unauthenticated: -32001,
  forbidden: -32003,
  unavailable: -32004,
  rate_limited: -32005,
  timeout: -32006,
  audit_unavailable: -32007,
  overloaded: -32008,
  conflict: -32009,
  not_found: -32010,
  cancelled: -32000,
  unanswered: -32000,
  invalid_params: -32602,
  unknown_tool: -32602,
  internal: -32603,
};

/** Where an error has no hint of its own: a reply never lacks one. */
const HINT = "Read the message and correct the call, or try again later";

/** Of what is thrown again and again by a server that is asked for too much: to make an error is half of a refusal. */
const ofOverload = new WeakMap<ToolError, RpcError>();

/** What goes out for a tool error: its words, and `{ kind, hint, … }` for a model to act on. */
export function toRpcError(error: ToolError): RpcError {
  const { kind, message, hint = HINT, data } = error;
  const made = ofOverload.get(error) ?? new RpcError(HOUSE_CODES[kind], message, { kind, hint, ...data });
  if (kind === "overloaded") ofOverload.set(error, made);
  return made;
}

/** The HTTP status that goes with a house error over POST; 200 for all that JSON-RPC itself says. */
export function httpStatus(code: number | undefined): 200 | 400 | 401 | 403 | 429 {
  switch (code) {
    case -32700:
    case -32600:
      return 400;
    case -32001:
      return 401;
    case -32003:
      return 403;
    case -32005:
      return 429;
    default:
      return 200;
  }
}
