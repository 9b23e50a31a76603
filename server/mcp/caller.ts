import { CLIENT_INFO_META_KEY, type Server, type ServerContext } from "@modelcontextprotocol/server";
import type { Ids } from "../../storage/clock.ts";
import type { CallContext, Client, Notice } from "../../tools/call_context.ts";
import { checkOf, type Peer } from "../peer.ts";
import { traceOf } from "../trace/traceparent.ts";

/** The protocol's revisions by the two ways they are served: with a handshake, or each request by itself. */
export type Era = "legacy" | "modern";

/** All that travels with a call that came in the official protocol. */
export function callContext(
  peer: Peer,
  era: Era,
  server: Server,
  { mcpReq }: ServerContext,
  ids: Ids,
): CallContext {
  const { principal, transport, client, session, signal } = peer;
  return {
    ...{ principal, transport, session },
    ...checkOf(peer),
    client: { ...client, ...clientOf(mcpReq.envelope, server) },
    dialect: era === "modern" ? "mcp-2026-07-28" : "mcp-2025-11-25",
    requestId: mcpReq.id,
    ...traceOf(mcpReq._meta?.["traceparent"], peer.traceParent, ids),
    signal: AbortSignal.any([signal, mcpReq.signal]),
    notify: progressOf(mcpReq),
  };
}

/** What the request says of its client or, in the era with a handshake, what the client said then. */
function clientOf(envelope: Readonly<Record<string, unknown>> = {}, server: Server): Client {
  const stated = envelope[CLIENT_INFO_META_KEY] ?? server.getClientVersion();
  const { name, version } = (stated ?? {}) as { readonly name?: unknown; readonly version?: unknown };
  return {
    ...(typeof name === "string" && { name }),
    ...(typeof version === "string" && { version }),
  };
}

/** Tells the caller how far its call is, if it asked to be told. Notices that do not grow are kept back. */
function progressOf({ _meta, notify }: ServerContext["mcpReq"]): CallContext["notify"] {
  const progressToken = _meta?.progressToken;
  if (progressToken === undefined) return () => {};
  let told = -Infinity;
  return ({ progress, total, message }: Notice) => {
    if (progress <= told) return;
    told = progress;
    const params = {
      progressToken,
      progress,
      ...(total !== undefined && { total }),
      ...(message !== undefined && { message }),
    };
    // A caller that has gone is told nothing.
    notify({ method: "notifications/progress", params }).catch(() => {});
  };
}
