import type { CallTool } from "./call.ts";

/** Calls that end together. */
export function scopeCalls(callTool: CallTool): { readonly callTool: CallTool; cancel(): void } {
  let scope = new AbortController();
  return {
    callTool: (name, args, { signal } = {}) =>
      callTool(name, args, { signal: signal ? AbortSignal.any([signal, scope.signal]) : scope.signal }),
    cancel() {
      scope.abort();
      scope = new AbortController();
    },
  };
}
