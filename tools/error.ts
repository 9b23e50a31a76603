import type { JsonObject } from "../storage/json.ts";

/** Why a call did not give a result. Each dialect has one table from these to what it sends. */
export type ToolErrorKind =
  | "tool_failed"
  | "invalid_params"
  | "unknown_tool"
  | "unauthenticated"
  | "forbidden"
  | "unavailable"
  | "rate_limited"
  | "timeout"
  | "cancelled"
  | "audit_unavailable"
  | "overloaded"
  | "conflict"
  | "not_found"
  | "unanswered"
  | "internal";

export interface ToolErrorOptions extends ErrorOptions {
  /** What to try next, in one sentence for a reader that is a model. */
  readonly hint?: string;
  /** Further members of the reply's `data`, such as `retryAfterMs`. */
  readonly data?: JsonObject;
}

/** The call cannot be done as asked; the message says what happened, the hint what to try. */
export class ToolError extends Error {
  override readonly name = "ToolError";
  readonly kind: ToolErrorKind;
  readonly hint: string | undefined;
  readonly data: JsonObject;

  constructor(kind: ToolErrorKind, message: string, { hint, data, ...options }: ToolErrorOptions = {}) {
    super(message, options);
    this.kind = kind;
    this.hint = hint;
    this.data = data ?? {};
  }
}
