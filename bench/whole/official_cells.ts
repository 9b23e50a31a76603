import type { Posted } from "../load/http_wire.ts";
import { type Cell, httpCell, type Shape } from "./cell.ts";
import { openSession, type Subject } from "./subject.ts";

const HANDSHAKE_ERA = "2025-11-25";
const LATEST = "2026-07-28";
const BOTH = { "content-type": "application/json", accept: "application/json, text/event-stream" };
const META = {
  "io.modelcontextprotocol/protocolVersion": LATEST,
  "io.modelcontextprotocol/clientCapabilities": {},
  "io.modelcontextprotocol/clientInfo": { name: "bench", version: "1" },
};
const GET = { name: "ctx_get", arguments: { key: "bench" } };
const ECHO = { name: "echo", arguments: { message: "bench" } };
/** What the official protocol is measured at. */
const SHAPE: Shape = [50, 1];

type Named = readonly [name: string, subject: Subject];
type Params = Readonly<Record<string, unknown>>;

/** Calls of the official protocol to a server of either kind, in both eras. */
export function officialCells(server: Named, tool: "ctx_get" | "echo"): readonly Cell[] {
  return [HANDSHAKE_ERA, LATEST].flatMap((era) => [
    httpCell(server, `tools/call ${tool}, ${era}`, SHAPE, {
      posted: message(era, "tools/call", tool === "echo" ? ECHO : GET),
    }),
    httpCell(server, `tools/list, ${era}`, SHAPE, { posted: message(era, "tools/list", {}) }),
  ]);
}

/** The peers from npm, each in a session of the handshake's era. */
export async function peerCells(everything: Named, kubernetes: Named): Promise<readonly Cell[]> {
  const inSession = async (peer: Named, call: string, method: string, params: Params) => {
    const posted = { ...message(HANDSHAKE_ERA, method, params), headers: await openSession(peer[1].port) };
    return httpCell(peer, call, SHAPE, { posted });
  };
  const view = { name: "configuration_view", arguments: {} };
  const pods = { name: "pods_list_in_namespace", arguments: { namespace: "mcp-lab" } };
  return [
    await inSession(everything, "tools/call echo", "tools/call", ECHO),
    await inSession(kubernetes, "tools/call configuration_view", "tools/call", view),
    { ...await inSession(kubernetes, "tools/call pods_list_in_namespace", "tools/call", pods), isSlow: true },
    await inSession(kubernetes, "tools/list", "tools/list", {}),
  ];
}

/** A message of an era, with the headers that it needs. */
function message(era: string, method: string, params: Params): Posted {
  const name = typeof params["name"] === "string" ? { "mcp-name": params["name"] } : {};
  const isLatest = era === LATEST;
  const sent = JSON.stringify({ ...params, ...(isLatest && { _meta: META }) });
  return {
    path: "/mcp",
    headers: { ...BOTH, "mcp-protocol-version": era, ...(isLatest && { "mcp-method": method, ...name }) },
    body: (id) => `{"jsonrpc":"2.0","id":${id},"method":"${method}","params":${sent}}`,
  };
}
