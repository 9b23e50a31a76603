import type { CallTool } from "../../tools/call.ts";
import type { CallContext } from "../../tools/call_context.ts";
import type { Redactor } from "../../tools/redact.ts";
import type { SpanAttributes, SpanDescription, Spans } from "./spans.ts";

/** The name of a tool that there is not: a caller's word is no attribute. */
const UNKNOWN = "unknown";
const ID_CHARS_MAX = 64;

export interface CallSpanOptions {
  /** Calls are not traced where `undefined`. */
  readonly spans: Spans | undefined;
  readonly tools: readonly { readonly name: string }[];
  readonly redactor: Pick<Redactor, "redact">;
  /** Whether the calls' methods are names of our own, such as `resources/read`; where not, each is `tools/call`. */
  readonly ownMethods: boolean;
}

/** A call path with a span a call, by OpenTelemetry's conventions for MCP; the call's record has the span's trace id. */
export function traceCalls(callTool: CallTool, options: CallSpanOptions): CallTool {
  const { spans, tools, redactor, ownMethods } = options;
  if (!spans) return callTool;
  const known = new Set(tools.map(({ name }) => name));
  return (request, context, onRate) => {
    const tool = typeof request.tool === "string" && known.has(request.tool) ? request.tool : UNKNOWN;
    // A call that a tool makes came in no message: it is work of the call that is under way.
    const nested = request.calledBy !== undefined;
    const method = ownMethods && !nested ? request.method : "tools/call";
    return spans.within({
      name: `${method} ${tool}`,
      kind: nested ? "internal" : "server",
      parent: nested ? undefined : parentOf(context),
      attributes: {
        "mcp.method.name": method,
        "gen_ai.tool.name": tool,
        "gen_ai.operation.name": "execute_tool",
        ...(!nested && messageAttributes(context, redactor)),
      },
    }, ({ traceId }) => callTool(request, { ...context, traceId }, onRate));
  };
}

/** What is told of the message that a call came in. */
function messageAttributes(
  { requestId, transport, dialect, session }: CallContext,
  redactor: Pick<Redactor, "redact">,
): SpanAttributes {
  return {
    "rpc.system": "jsonrpc",
    "network.transport": transport === "stdio" ? "pipe" : "tcp",
    "network.protocol.name": transport,
    // Redacted before it is cut: half of a secret has no looks.
    ...(requestId !== null && {
      "jsonrpc.request.id": String(redactor.redact(requestId)).slice(0, ID_CHARS_MAX).toWellFormed(),
    }),
    ...(session !== undefined && { "mcp.session.id": session }),
    ...(dialect.startsWith("mcp-") && { "mcp.protocol.version": dialect.slice("mcp-".length) }),
  };
}

/** A message of a connection is no child of the request that opened it, which ended long ago. */
function parentOf({ traceParent, transport }: CallContext): SpanDescription["parent"] {
  return traceParent ?? (transport === "http" ? undefined : null);
}
