import type { ToolErrorKind } from "../../tools/error.ts";
import { HOUSE_CODES } from "../house_errors.ts";
import type { Authenticator } from "./authenticator.ts";

/** The errors of RFC 6750, section 3.1. */
export type BearerError = "invalid_request" | "invalid_token" | "insufficient_scope";

/** Why a request is not let in, as it is answered. */
export interface Denial {
  readonly status: 400 | 401 | 403 | 429 | 503;
  readonly kind: Extract<ToolErrorKind, "unauthenticated" | "forbidden" | "rate_limited" | "unavailable">;
  readonly message: string;
  readonly hint: string;
  /** Value of `www-authenticate`. */
  readonly challenge?: string;
  readonly retryAfterMs?: number;
  /** The rule of the policy that refused. */
  readonly rule?: string;
}

/**
 * Value of `www-authenticate` (RFC 6750, section 3; RFC 9728, section 5.1). A scheme must be followed by a parameter at
 * least: where there is nothing else to say, by a realm.
 */
export function printChallenge(
  { resourceMetadata, scope }: Authenticator["challenge"],
  error?: BearerError,
  description?: string,
): string {
  const parameters = {
    realm: resourceMetadata === undefined ? "mcp" : undefined,
    error,
    // RFC 6750, section 3: neither a quote nor a backslash, not even escaped.
    error_description: description?.replaceAll('"', "'").replaceAll("\\", "/"),
    resource_metadata: resourceMetadata,
    scope: scope || undefined,
  };
  const printed = Object.entries(parameters).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${quoted(value)}`]
  );
  return `Bearer ${printed.join(", ")}`;
}

/** A quoted-string of RFC 9110, section 5.6.4, in printable ASCII. */
function quoted(text: string): string {
  return `"${text.replaceAll(/[^\x20-\x7e]/g, "?").replaceAll(/["\\]/g, "\\$&")}"`;
}

/** Answers who is not let in: on `/mcp` as JSON-RPC, where the id cannot be known, elsewhere in a word. */
export function printDenial(path: string, { status, kind, message, hint, challenge, retryAfterMs, rule }: Denial) {
  const headers: Record<string, string> = { "cache-control": "no-store" };
  if (challenge !== undefined) headers["www-authenticate"] = challenge;
  if (retryAfterMs !== undefined) headers["retry-after"] = String(Math.max(1, Math.ceil(retryAfterMs / 1000)));
  if (path !== "/mcp") return Response.json({ error: message, hint, rule }, { status, headers });
  const data = { kind, hint, rule, retryAfterMs };
  return Response.json({ jsonrpc: "2.0", id: null, error: { code: HOUSE_CODES[kind], message, data } }, {
    status,
    headers,
  });
}
