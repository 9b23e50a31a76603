/** Why something is turned away before a tool call is known: the words of the metric `mcp_refusals_total`. */
export const REFUSALS = [
  // At the door.
  "host",
  "origin",
  "draining",
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
