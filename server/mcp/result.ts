import type { CallToolResult } from "@modelcontextprotocol/server";
import type { Ids } from "../../storage/clock.ts";
import type { CallReply } from "../../tools/call.ts";
import type { ToolError } from "../../tools/error.ts";
import type { Tool } from "../../tools/tool.ts";
import { envelop } from "../../tools/untrusted/mark.ts";

/**
 * A result: its structure, and the same as text for clients that show only text, in the tool's own words where it has any
 * and in an envelope where others wrote some of it.
 */
export function toToolResult({ text }: CallReply, tool: Tool | undefined, ids: Pick<Ids, "uuid">): CallToolResult {
  const structuredContent = JSON.parse(text);
  const words = tool?.print?.(structuredContent) ?? text;
  if (tool?.untrusted === undefined) return { content: [{ type: "text", text: words }], structuredContent };
  // The end of a UUID is random; its beginning is the time.
  const id = ids.uuid().slice(-12);
  return {
    content: [{ type: "text", text: envelop(words, tool.untrusted, id) }],
    structuredContent,
    _meta: { "mcp-ops/untrusted": { source: tool.untrusted, id } },
  };
}

/** A failure that the model shall see and act on: what happened, what to try, and the same for programs. */
export function toFailedResult({ kind, message, hint, data }: ToolError): CallToolResult {
  return {
    isError: true,
    content: [{ type: "text", text: hint === undefined ? message : `${message}\n${hint}` }],
    _meta: { "mcp-ops/error": { kind, hint, ...data } },
  };
}
