import type { CallTool } from "../../tools/call.ts";
import type { CallContext } from "../../tools/call_context.ts";
import type { SpanDescription, Spans } from "./spans.ts";

/** The name of a tool that there is not: a caller's word is no attribute. */
const UNKNOWN = "unknown";

/** A call path with a span a call, by OpenTelemetry's conventions for MCP; the call's record has the span's trace id. */
export function traceCalls(callTool: CallTool, spans: Spans | undefined, names: readonly string[]): CallTool {
  if (!spans) return callTool;
  const known = new Set(names);
  return (request, context, onRate) => {
    const tool = typeof request.tool === "string" && known.has(request.tool) ? request.tool : UNKNOWN;
    return spans.within({
      name: `tools/call ${tool}`,
      kind: "server",
      parent: parentOf(context),
      attributes: {
        "mcp.method.name": "tools/call",
        "gen_ai.tool.name": tool,
        "gen_ai.operation.name": "execute_tool",
        "rpc.system": "jsonrpc",
        "network.transport": context.transport === "stdio" ? "pipe" : "tcp",
        "network.protocol.name": context.transport === "stdio" ? "stdio" : context.transport,
        ...(context.requestId !== null && { "jsonrpc.request.id": String(context.requestId).slice(0, 64) }),
        ...(context.session !== undefined && { "mcp.session.id": context.session }),
        ...(context.dialect.startsWith("mcp-") && { "mcp.protocol.version": context.dialect.slice("mcp-".length) }),
      },
    }, ({ traceId }) => callTool(request, { ...context, traceId }, onRate));
  };
}

/** A message of a connection is no child of the request that opened it, which ended long ago. */
function parentOf({ traceParent, transport }: CallContext): SpanDescription["parent"] {
  return traceParent ?? (transport === "http" ? undefined : null);
}
