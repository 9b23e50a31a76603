import type { ContextStore } from "../../storage/context_store.ts";
import type { ContextKeys } from "../ctx/keys.ts";
import { ToolError } from "../error.ts";
import type { Tool } from "../tool.ts";

/** `ctx.get` for who asks for an entry and not for a value: a key that does not exist is none, null is a value. */
export function contextEntry(ctxGet: Tool, store: Pick<ContextStore, "get">, keys: ContextKeys): Tool {
  return {
    ...ctxGet,
    async run({ key }, { principal }) {
      const name = String(key); // Its schema says so.
      const entry = await store.get(keys.stored(principal, name));
      if (entry) return { key, value: entry.value };
      throw new ToolError("not_found", `Cannot find context ${JSON.stringify(name)}: it was never set, or has expired`);
    },
  };
}
