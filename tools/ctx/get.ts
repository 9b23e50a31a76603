import { z } from "zod";
import type { ContextStore } from "../../storage/context_store.ts";
import { anyJson } from "../schema.ts";
import { defineTool } from "../tool.ts";
import { contextKey } from "./key.ts";

/** `ctx.get`: the value that agents share under a key. */
export function ctxGet(store: Pick<ContextStore, "get">) {
  return defineTool({
    name: "ctx.get",
    toolset: "core",
    summary: "Get context value",
    description: "Reads a value that this or another agent stored with ctx.set. Gives value null where the key does " +
      "not exist or has expired. Use it to pick up what is known already before you query the cluster again.",
    input: z.strictObject({ key: contextKey }),
    output: z.object({
      key: z.string().describe("The key as asked"),
      value: anyJson.describe("The stored JSON value, to the letter; null where there is none"),
    }),
    effect: "read",
    idempotent: true,
    openWorld: false,
    lossless: true,
    run: async ({ key }) => ({ key, value: (await store.get(key))?.value ?? null }),
  });
}
