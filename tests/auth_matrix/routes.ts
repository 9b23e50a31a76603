/** A way into the server. */
export interface Row {
  readonly name: string;
  readonly method: string;
  readonly path: string;
  /**
   * Who may: everyone (`open`); everyone, but told more with a credential (`glance`); who is known (`call`); who has a
   * right beside (`door`). `sign_in` takes the credential itself; `session` has no part in bearer credentials.
   */
  readonly access: "open" | "glance" | "call" | "door" | "sign_in" | "session";
  /** The status for who may. */
  readonly status: number;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** A WebSocket, by a handshake. */
  readonly isUpgrade?: boolean;
}

const CALL = '{"jsonrpc":"2.0","id":1,"method":"ctx.get","params":{"key":"matrix"}}';
const CONTEXT = '{"key":"matrix","value":"1"}';

const BOTH_FORMS = { accept: "application/json, text/event-stream" };
const INITIALIZE = JSON.stringify({
  jsonrpc: "2.0",
  id: 1,
  method: "initialize",
  params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "matrix", version: "1" } },
});

const LATEST = JSON.stringify({
  jsonrpc: "2.0",
  id: 1,
  method: "tools/list",
  params: {
    _meta: {
      "io.modelcontextprotocol/protocolVersion": "2026-07-28",
      "io.modelcontextprotocol/clientCapabilities": {},
    },
  },
});
/** Of a session that there is not: who is let in is told so. */
const NO_SESSION = { ...BOTH_FORMS, "mcp-session-id": "none", "mcp-protocol-version": "2025-11-25" };

/** Every route of the server, and both ways of each dialect. */
export const ROWS: readonly Row[] = [
  { name: "house over WebSocket", method: "GET", path: "/mcp", access: "call", status: 101, isUpgrade: true },
  { name: "house over POST", method: "POST", path: "/mcp", access: "call", status: 200, body: CALL },
  {
    ...{ name: "official over WebSocket", method: "GET", path: "/mcp", access: "call", status: 101, isUpgrade: true },
    headers: { "sec-websocket-protocol": "mcp" },
  },
  {
    ...{ name: "official over POST", method: "POST", path: "/mcp", access: "call", status: 200, body: INITIALIZE },
    headers: BOTH_FORMS,
  },
  {
    ...{ name: "official stream without a session", method: "GET", path: "/mcp", access: "call", status: 405 },
    headers: BOTH_FORMS,
  },
  {
    ...{ name: "official over POST, latest era", method: "POST", path: "/mcp", access: "call", status: 200 },
    headers: { ...BOTH_FORMS, "mcp-protocol-version": "2026-07-28", "mcp-method": "tools/list" },
    body: LATEST,
  },
  {
    ...{ name: "official over POST, in a session", method: "POST", path: "/mcp", access: "call", status: 404 },
    headers: NO_SESSION,
    body: INITIALIZE,
  },
  {
    ...{ name: "official stream of a session", method: "GET", path: "/mcp", access: "call", status: 404 },
    headers: NO_SESSION,
  },
  {
    ...{ name: "official end of a session", method: "DELETE", path: "/mcp", access: "call", status: 404 },
    headers: NO_SESSION,
  },
  { name: "GET /mcp", method: "GET", path: "/mcp", access: "call", status: 426 },
  { name: "DELETE /mcp", method: "DELETE", path: "/mcp", access: "call", status: 405 },
  { name: "POST /ws-ticket", method: "POST", path: "/ws-ticket", access: "call", status: 200 },
  { name: "GET /metrics", method: "GET", path: "/metrics", access: "door", status: 200 },
  { name: "HEAD /metrics", method: "HEAD", path: "/metrics", access: "door", status: 200 },
  { name: "POST /test/ctx", method: "POST", path: "/test/ctx", access: "door", status: 200, body: CONTEXT },
  { name: "GET /test/rate-limit", method: "GET", path: "/test/rate-limit", access: "door", status: 200 },
  { name: "the console's tools", method: "GET", path: "/dashboard/api/tools", access: "door", status: 200 },
  {
    name: "the console's records",
    method: "POST",
    path: "/dashboard/api/records",
    access: "door",
    status: 200,
    body: "{}",
  },
  { name: "GET /health", method: "GET", path: "/health", access: "glance", status: 200 },
  { name: "sign in", method: "POST", path: "/dashboard/session", access: "sign_in", status: 204 },
  { name: "who is signed in", method: "GET", path: "/dashboard/session", access: "session", status: 401 },
  { name: "sign out", method: "DELETE", path: "/dashboard/session", access: "session", status: 401 },
  { name: "GET /dashboard", method: "GET", path: "/dashboard", access: "open", status: 200 },
  { name: "a file of the page", method: "GET", path: "/dashboard/app.ts", access: "open", status: 200 },
  { name: "GET /", method: "GET", path: "/", access: "open", status: 302 },
  { name: "GET /live", method: "GET", path: "/live", access: "open", status: 200 },
  { name: "GET /ready", method: "GET", path: "/ready", access: "open", status: 200 },
  { name: "what there is not", method: "GET", path: "/nowhere", access: "open", status: 404 },
];

export const METADATA_ROWS: readonly Row[] = ["", "/mcp"].map((end) => {
  const path = `/.well-known/oauth-protected-resource${end}`;
  return { name: `GET ${path}`, method: "GET", path, access: "open", status: 200 };
});
