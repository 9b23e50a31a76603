import { z } from "zod";
import { defineTool } from "../tool.ts";
import { expectedVersion } from "./entry.ts";
import { contextKey } from "./key.ts";
import type { ContextWriter } from "./write.ts";

/** `ctx.delete`: removes a value. */
export function ctxDelete(writer: Pick<ContextWriter, "remove">) {
  return defineTool({
    name: "ctx.delete",
    toolset: "ctx",
    summary: "Delete context value",
    description: "Removes a context value before its time; deleted is false where there was none. With " +
      "expected_version only if nobody changed it since you read it; a conflict carries the current value.",
    input: z.strictObject({ key: contextKey, expected_version: expectedVersion }),
    output: z.object({
      key: z.string().describe("The key as given"),
      deleted: z.boolean().describe("There was a value, and it is gone"),
    }),
    effect: "own",
    idempotent: true,
    openWorld: false,
    lossless: true,
    run: async ({ key, expected_version }, { principal }) => {
      const removed = await writer.remove(principal, key, expected_version);
      return { key, deleted: removed !== undefined };
    },
  });
}
