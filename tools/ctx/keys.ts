import type { Principal } from "../call_context.ts";
import { ToolError } from "../error.ts";

/** Whose context a caller sees: everyone's, or its own. */
export type ContextScope = "shared" | "principal";

/** Where a caller's context is stored. Whatever reads or writes context, or tells of it, asks here for the key. */
export interface ContextKeys {
  readonly scope: ContextScope;
  /**
   * The key in the store, and in notices of changes, for what the principal calls `key`: the key itself where context
   * is shared, else the principal's name, percent-encoded, then `/` and the key. The encoding has no slash (and no brace,
   * which would mean another slot in Redis Cluster): what stands before the first slash is the principal, so that no key
   * of one can be a key of another.
   * @throws {ToolError} `forbidden` for a name that has no encoding
   */
  stored(principal: Pick<Principal, "name">, key: string): string;
}

export function contextKeys(scope: ContextScope): ContextKeys {
  if (scope === "shared") return { scope, stored: (_, key) => key };
  return { scope, stored: ({ name }, key) => `${encode(name)}/${key}` };
}

function encode(name: string): string {
  if (name.isWellFormed()) return encodeURIComponent(name);
  throw new ToolError("forbidden", "Cannot keep context for a principal whose name holds half a surrogate pair", {
    hint: "Ask the operator for another name",
  });
}
