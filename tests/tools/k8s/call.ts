import type { ToolCall } from "../../../tools/tool.ts";

/** What a tool gets besides its arguments, from a test. */
export function call(signal = new AbortController().signal): ToolCall {
  const principal = { name: "default", authMethod: "none", roles: [] } as const;
  return { principal, signal, notify: () => {}, recordId: "record-1" };
}
