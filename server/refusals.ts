/** Why something is turned away before a tool call is known: the words of the metric `mcp_refusals_total`. */
export const REFUSALS = [
  // At the door.
  "host",
  "origin",
  "draining",
  // At the gate: who sends it.
  "undeclared_route",
  "address_limit",
  "lockout",
  "no_credential",
  "credential_form",
  "credential_malformed",
  "credential_unknown",
  "credential_expired",
  "credential_not_yet_valid",
  "credential_revoked",
  "credential_signature",
  "credential_algorithm",
  "credential_issuer",
  "credential_audience",
  "credential_claims",
  "credential_ticket",
  "sign_in",
  "insufficient_scope",
  "auth_unavailable",
  "csrf",
  "door",
  // Connections and requests.
  "connections",
  "principal_connections",
  "http_in_flight",
  "content_type",
  "body",
  "body_late",
  // Sockets, which are closed.
  "first_message",
  "idle",
  "binary",
  "queued_bytes",
  "pending",
  "credential_ended",
  // Messages.
  "message_bytes",
  "parse_error",
  "invalid_request",
  "depth",
  "batch_size",
  "batch_bytes",
  "unknown_method",
  "in_flight",
] as const;

export type Refusal = (typeof REFUSALS)[number];
