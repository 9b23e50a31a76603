import { z } from "zod";
import type { ContextStore } from "../../storage/context_store.ts";
import { anyJson } from "../schema.ts";
import { defineTool } from "../tool.ts";
import { contextKey } from "./key.ts";
import type { ContextKeys } from "./keys.ts";

/** `ctx.get`: the value that is stored under a key, by any agent or, where context is by principal, by the caller. */
export function ctxGet(store: Pick<ContextStore, "get">, keys: ContextKeys) {
  const writers = keys.scope === "shared" ? "this or another agent" : "you or another agent with your credentials";
  return defineTool({
    name: "ctx.get",
    toolset: "core",
    summary: "Get context value",
    description: `Reads a value that ${writers} stored with ctx.set; null where there is none. ` +
      "Use it for what is known already, before you query again.",
    input: z.strictObject({ key: contextKey }),
    output: z.object({
      key: z.string().describe("The key as asked"),
      value: anyJson.describe("The stored JSON value, to the letter; null where there is none"),
    }),
    effect: "read",
    idempotent: true,
    openWorld: false,
    lossless: true,
    run: async ({ key }, { principal }) => {
      const entry = await store.get(keys.stored(principal, key));
      return { key, value: entry?.value ?? null };
    },
  });
}
