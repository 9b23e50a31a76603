import { z } from "zod";
import type { ContextStore } from "../../storage/context_store.ts";
import type { EventBus } from "../../storage/event_bus.ts";
import { anyJson } from "../schema.ts";
import { defineTool } from "../tool.ts";
import { entryMembers, expectedVersion, timeToLive } from "./entry.ts";
import { contextKey } from "./key.ts";
import { contextValue } from "./value.ts";
import { type ContextWriteOptions, createContextWriter } from "./write.ts";

export { CONTEXT_TOPIC } from "./write.ts";

export interface ContextSetOptions extends ContextWriteOptions {
  /** Whether it takes `ttl_seconds` and `expected_version`: toolset `ctx`. */
  readonly extended?: boolean;
}

/** `ctx.set`: stores a value for all agents or, where context is by principal, for the caller. */
export function ctxSet(
  store: Pick<ContextStore, "get" | "set" | "delete">,
  events: Pick<EventBus, "publish">,
  { extended = false, ...options }: ContextSetOptions,
) {
  const { keys, ttlSeconds } = options;
  const writer = createContextWriter(store, events, options);
  const readers = keys.scope === "shared" ? "every agent on this server" : "the agents with your credentials alone";
  const more = { ttl_seconds: timeToLive(ttlSeconds), expected_version: expectedVersion };
  const input = z.strictObject({ key: contextKey, value: contextValue, ...(extended && more) });
  return defineTool({
    name: "ctx.set",
    toolset: "core",
    summary: "Set context value",
    description: `Stores a JSON value for ${readers}, for ${ttlSeconds} seconds, in place of what was there. ` +
      "Use it to share findings." +
      (extended
        ? " With expected_version it writes only if nobody else did since you read; a conflict carries the current value."
        : ""),
    input,
    output: z.object({
      success: z.literal(true).describe("The value is stored"),
      key: z.string().describe("The key as given"),
      value: anyJson.describe("The value as given"),
      ...(extended && { version: entryMembers.version.optional() }),
    }),
    effect: "own",
    idempotent: true,
    openWorld: false,
    lossless: true,
    run: async (args, { principal }) => {
      const { key, value, ttl_seconds, expected_version } = moreOf(args);
      const given = { ttlSeconds: ttl_seconds, expectedVersion: expected_version };
      const { version } = await writer.set(principal, key, value, given);
      // A call with the guide's arguments gets the guide's members.
      const isGuides = ttl_seconds === undefined && expected_version === undefined;
      return { success: true as const, key, value, ...(!isGuides && { version }) };
    },
  });

  /** The schema's type forgets those members that are there only where it is extended; what they are it has checked. */
  function moreOf(args: z.output<typeof input>) {
    return args as Omit<typeof args, keyof typeof more> & Partial<z.output<z.ZodObject<typeof more>>>;
  }
}
