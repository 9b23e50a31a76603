// Messages of the official protocol, as the tests of the direct way post and send them.

export type Members = Readonly<Record<string, unknown>>;

export interface Post {
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string>>;
}

export const LATEST = "2026-07-28";
export const META = "io.modelcontextprotocol/";
export const ENVELOPE: Members = {
  [`${META}protocolVersion`]: LATEST,
  [`${META}clientCapabilities`]: {},
  [`${META}clientInfo`]: { name: "tests", version: "1" },
};
const JSON_TYPE = { "content-type": "application/json" };
export const BOTH = { ...JSON_TYPE, accept: "application/json, text/event-stream" };
export const LEGACY_VERSIONS = ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05", "2024-10-07"];

export const message = (method: unknown, params?: unknown, more: Members = {}) => ({
  ...{ jsonrpc: "2.0", id: 1, method },
  ...(params !== undefined && { params }),
  ...more,
});

/** A request of the handshake era. */
export function legacy(
  method: string,
  params?: unknown,
  headers: Readonly<Record<string, string>> = {},
  more?: Members,
): Post {
  return { body: message(method, params, more), headers: { ...BOTH, ...headers } };
}

/** A request of the latest era whose headers repeat its body, but for what is given. */
export function latest(
  method: string,
  params: Members = {},
  headers: Readonly<Record<string, string>> = {},
  more?: Members,
) {
  const name = typeof params["name"] === "string" ? { "mcp-name": params["name"] } : {};
  const all = { ...BOTH, "mcp-protocol-version": LATEST, "mcp-method": method, ...name, ...headers };
  return { body: message(method, { _meta: ENVELOPE, ...params }, more), headers: all };
}

export const inBothEras = (
  method: string,
  params: Members,
): readonly Post[] => [legacy(method, params), latest(method, params)];
export const call = (tool: string, args?: unknown): Members => ({
  name: tool,
  ...(args !== undefined && { arguments: args }),
});
export const GET = call("ctx_get", { key: "direct" });
export const withMeta = (meta: Members, params: Members = GET): Members => ({
  ...params,
  _meta: { ...ENVELOPE, ...meta },
});
