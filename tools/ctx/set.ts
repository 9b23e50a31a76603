import { Buffer } from "node:buffer";
import { z } from "zod";
import type { ContextQuota, ContextStore } from "../../storage/context_store.ts";
import { encodeContextValue } from "../../storage/context_value.ts";
import { QuotaExceededError, StorageError } from "../../storage/errors.ts";
import type { EventBus } from "../../storage/event_bus.ts";
import { anyJson } from "../schema.ts";
import { defineTool } from "../tool.ts";
import { contextKey } from "./key.ts";
import type { ContextKeys } from "./keys.ts";
import { quotaRefusal } from "./quota.ts";

const VALUE_BYTES_MAX = 65_536;

/** Topic of the notices of changed context: `{ key, version, writer }`, the key as it is stored (`ContextKeys`). */
export const CONTEXT_TOPIC = "context";

const contextValue = anyJson
  .refine((value) => value !== undefined, "Give a value: any JSON, null included")
  .refine(
    (value) => value === undefined || Buffer.byteLength(encodeContextValue(value)) <= VALUE_BYTES_MAX,
    `Keep the value under ${VALUE_BYTES_MAX} bytes as JSON: store a summary or a reference`,
  )
  .describe(`Any JSON, at most ${VALUE_BYTES_MAX} bytes`);

export interface ContextSetOptions {
  readonly keys: ContextKeys;
  /** Seconds that a value lives. */
  readonly ttlSeconds: number;
  /** What one principal may have stored at once; any amount where left out. */
  readonly quota?: ContextQuota | undefined;
}

/** `ctx.set`: stores a value for all agents or, where context is by principal, for the caller. */
export function ctxSet(
  store: Pick<ContextStore, "set">,
  events: Pick<EventBus, "publish">,
  { keys, ttlSeconds, quota }: ContextSetOptions,
) {
  const readers = keys.scope === "shared" ? "every agent on this server" : "the agents with your credentials alone";
  return defineTool({
    name: "ctx.set",
    toolset: "core",
    summary: "Set context value",
    description: `Stores a JSON value for ${readers}, for ${ttlSeconds} seconds, in place of what was there. ` +
      "Use it to share findings.",
    input: z.strictObject({ key: contextKey, value: contextValue }),
    output: z.object({
      success: z.literal(true).describe("The value is stored"),
      key: z.string().describe("The key as given"),
      value: anyJson.describe("The value as given"),
    }),
    effect: "own",
    idempotent: true,
    openWorld: false,
    lossless: true,
    run: async ({ key, value }, { principal }) => {
      const stored = keys.stored(principal, key);
      const { version, writer } = await withinQuota(
        principal.name,
        store.set(stored, value, { writer: principal.name, ttlSeconds, quota }),
      );
      await quietly(events.publish(CONTEXT_TOPIC, { key: stored, version, writer }));
      return { success: true as const, key, value };
    },
  });

  async function withinQuota<T>(writer: string, write: Promise<T>): Promise<T> {
    try {
      return await write;
    } catch (error) {
      if (error instanceof QuotaExceededError) throw quotaRefusal(writer, error, ttlSeconds);
      throw error;
    }
  }
}

/** The value is stored, whether or not its notice finds the bus. */
async function quietly(notice: Promise<void>): Promise<void> {
  try {
    await notice;
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
  }
}
