import type { ToolCall } from "../../../tools/tool.ts";

/** What a tool gets besides its arguments, from a test. */
export function call(signal = new AbortController().signal): ToolCall {
  return { principal: { name: "default", authMethod: "none", roles: [] }, signal, notify: () => {} };
}
