import { z } from "zod";
import type { ContextStore } from "../../storage/context_store.ts";
import { anyJson } from "../schema.ts";
import { defineTool } from "../tool.ts";
import { describeEntry, entryMembers } from "./entry.ts";
import { contextKey } from "./key.ts";
import type { ContextKeys } from "./keys.ts";

/**
 * `ctx.get`: the value that is stored under a key, by any agent or, where context is by principal, by the caller.
 *
 * @param extended whether it takes `metadata`: toolset `ctx`
 */
export function ctxGet(store: Pick<ContextStore, "get">, keys: ContextKeys, extended = false) {
  const writers = keys.scope === "shared" ? "this or another agent" : "you or another agent with your credentials";
  const input = z.strictObject({
    key: contextKey,
    ...(extended && { metadata: z.boolean().default(false).describe("Also say version, writer, time and life") }),
  });
  return defineTool({
    name: "ctx.get",
    toolset: "core",
    summary: "Get context value",
    description: `Reads a value that ${writers} stored with ctx.set; null where there is none. ` +
      "Use it for what is known already, before you query again.",
    input,
    output: z.object({
      key: z.string().describe("The key as asked"),
      value: anyJson.describe("The stored JSON value, to the letter; null where there is none"),
      ...(extended && z.object(entryMembers).partial().shape),
    }),
    effect: "read",
    idempotent: true,
    openWorld: false,
    lossless: true,
    readsAhead: true,
    run: async (args, { principal }) => {
      const { key } = args;
      const entry = await store.get(keys.stored(principal, key));
      const isWhole = "metadata" in args && args.metadata === true;
      return { key, value: entry?.value ?? null, ...(isWhole && entry && describeEntry(entry)) };
    },
  });
}
