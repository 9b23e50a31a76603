import { z } from "zod";
import { ToolError } from "../error.ts";
import { defineTool } from "../tool.ts";
import { entryMembers, timeToLive } from "./entry.ts";
import { contextKey } from "./key.ts";
import { contextValue, fits, TOO_LARGE } from "./value.ts";
import type { ContextWriter } from "./write.ts";

const ITEMS_MAX = 10_000;

/** `ctx.append`: a list that any number of agents may add to at once. */
export function ctxAppend(writer: Pick<ContextWriter, "update">, ttlSeconds: number) {
  return defineTool({
    name: "ctx.append",
    toolset: "ctx",
    summary: "Append to context list",
    description:
      "Adds an item to the end of a list in the context, atomically: none of several agents' items is lost. " +
      "A key without a value begins a list; keep_last drops the oldest items beyond so many. A list that is there keeps " +
      "its time to live unless ttl_seconds is given.",
    input: z.strictObject({
      key: contextKey,
      item: contextValue,
      keep_last: z.int().min(1).max(ITEMS_MAX).optional().describe("Items to keep; default all"),
      ttl_seconds: timeToLive(ttlSeconds),
    }),
    output: z.object({
      key: z.string().describe("The key as given"),
      length: z.int().describe("Items in the list now"),
      version: entryMembers.version,
    }),
    effect: "own",
    idempotent: false,
    openWorld: false,
    lossless: true,
    run: async ({ key, item, keep_last, ttl_seconds }, { principal, signal }) => {
      let length = 0;
      const { version } = await writer.update(
        principal,
        key,
        (value = []) => {
          if (!Array.isArray(value)) throw refusal(key, "what is there is no list", "Look at it with ctx.get");
          const list = [...value, item].slice(-(keep_last ?? ITEMS_MAX));
          if (!fits(list)) throw refusal(key, "the list would be too large", `${TOO_LARGE}, or use keep_last`);
          length = list.length;
          return list;
        },
        { ttlSeconds: ttl_seconds },
        signal,
      );
      return { key, length, version };
    },
  });
}

function refusal(key: string, reason: string, hint: string): ToolError {
  return new ToolError("conflict", `Cannot append to context "${key}": ${reason}`, { hint, data: { key } });
}
