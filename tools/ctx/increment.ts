import { z } from "zod";
import { ToolError } from "../error.ts";
import { defineTool } from "../tool.ts";
import { entryMembers, timeToLive } from "./entry.ts";
import { contextKey } from "./key.ts";
import type { ContextWriter } from "./write.ts";

const wholeNumber = z.int().min(-Number.MAX_SAFE_INTEGER).max(Number.MAX_SAFE_INTEGER);

/** `ctx.increment`: a counter that any number of agents may move at once. */
export function ctxIncrement(writer: Pick<ContextWriter, "update">, ttlSeconds: number) {
  return defineTool({
    name: "ctx.increment",
    toolset: "ctx",
    summary: "Increment context counter",
    description:
      "Adds to a whole number in the context, atomically: none of several agents' additions is lost. A key " +
      "without a value counts from 0; one that has a value keeps its time to live unless ttl_seconds is given.",
    input: z.strictObject({
      key: contextKey,
      by: wholeNumber.default(1).describe("What to add; may be negative"),
      ttl_seconds: timeToLive(ttlSeconds),
    }),
    output: z.object({
      key: z.string().describe("The key as given"),
      value: z.int().describe("The number as it is now"),
      version: entryMembers.version,
    }),
    effect: "own",
    idempotent: false,
    openWorld: false,
    lossless: true,
    run: async ({ key, by, ttl_seconds }, { principal, signal }) => {
      let sum = 0;
      const { version } = await writer.update(
        principal,
        key,
        (value = 0) => {
          if (!Number.isSafeInteger(value)) throw noNumber(key, "a whole number");
          sum = Number(value) + by;
          if (!Number.isSafeInteger(sum)) throw noNumber(key, "a sum of at most 16 digits");
          return sum;
        },
        { ttlSeconds: ttl_seconds },
        signal,
      );
      return { key, value: sum, version };
    },
  });
}

function noNumber(key: string, expected: string): ToolError {
  return new ToolError("conflict", `Cannot add to context "${key}": expected ${expected} there`, {
    hint: "Look at it with ctx.get; ctx.set replaces it",
    data: { key },
  });
}
