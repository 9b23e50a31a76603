import assert from "node:assert/strict";
import { ToolError, type ToolErrorKind } from "../../../tools/error.ts";
import type { Guardrail } from "../../../tools/prom/guardrail.ts";

/** A check for `assert.rejects`: a ToolError of this kind, with these words and a hint. */
export function toolError(kind: ToolErrorKind, words: RegExp): (error: unknown) => true {
  return (error) => {
    assert(error instanceof ToolError, `Expected a ToolError, got ${Deno.inspect(error)}`);
    assert.equal(error.kind, kind, error.message);
    assert.match(error.message, words);
    assert.match(error.message, /^[A-Z].*([^.]|\.\.\.)$/s);
    assert(error.hint, "Expected a hint");
    return true;
  };
}

/** What a tool is given by the call path. */
export function toolCall(signal: AbortSignal = new AbortController().signal) {
  const principal = { name: "default", authMethod: "none", roles: [] } as const;
  return { principal, signal, notify: () => {}, recordId: "record-1" };
}

/** Lets every query pass. */
export const unguarded: Guardrail = { check: () => Promise.resolve([]) };
