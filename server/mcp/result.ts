import type { CallToolResult } from "@modelcontextprotocol/server";
import type { CallReply } from "../../tools/call.ts";
import type { ToolError } from "../../tools/error.ts";

/** A result: its structure, and the same as text for clients that show only text. */
export function toToolResult({ text }: CallReply): CallToolResult {
  return { content: [{ type: "text", text }], structuredContent: JSON.parse(text) };
}

/** A failure that the model shall see and act on: what happened, what to try, and the same for programs. */
export function toFailedResult({ kind, message, hint, data }: ToolError): CallToolResult {
  return {
    isError: true,
    content: [{ type: "text", text: hint === undefined ? message : `${message}\n${hint}` }],
    _meta: { "mcp-ops/error": { kind, hint, ...data } },
  };
}
