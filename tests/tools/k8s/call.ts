import type { Principal } from "../../../tools/call_context.ts";
import type { ToolCall } from "../../../tools/tool.ts";

/** What a tool gets besides its arguments, from a test. */
export function call(signal = new AbortController().signal): ToolCall {
  return callOf({ name: "default", authMethod: "none", roles: [] }, signal);
}

/** The same for a caller that has shown a credential. */
export function callBy(name: string, groups: readonly string[] = []): ToolCall {
  return callOf({ name, authMethod: "oidc", roles: ["viewer"], groups });
}

function callOf(principal: Principal, signal = new AbortController().signal): ToolCall {
  return { principal, signal, notify: () => {}, recordId: `record-of-${principal.name}` };
}
