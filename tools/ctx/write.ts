import type { ContextEntry, ContextQuota, ContextStore } from "../../storage/context_store.ts";
import { QuotaExceededError, StorageError, VersionConflictError } from "../../storage/errors.ts";
import type { EventBus } from "../../storage/event_bus.ts";
import type { Json } from "../../storage/json.ts";
import type { Principal } from "../call_context.ts";
import { ToolError } from "../error.ts";
import type { ContextKeys } from "./keys.ts";
import { withinVersion } from "./conflict.ts";
import { quotaRefusal } from "./quota.ts";

/**
 * Topic of the notices of changed context: `{ key, version, writer }`, the key as it is stored (`ContextKeys`), the
 * version 0 where the value was deleted.
 */
export const CONTEXT_TOPIC = "context";

/** Writers that meet at one key at once: each round one of them gets through. */
const ROUNDS_MAX = 200;

export interface ContextWriteOptions {
  readonly keys: ContextKeys;
  /** Seconds that a value lives. */
  readonly ttlSeconds: number;
  /** What one principal may have stored at once; any amount where left out. */
  readonly quota?: ContextQuota | undefined;
}

/** How one value is written. */
export interface ValueWrite {
  readonly ttlSeconds?: number | undefined;
  readonly expectedVersion?: number | undefined;
}

/** Changes of context as the tools make them: under the caller's key, within its quota, told to whoever listens. */
export interface ContextWriter {
  /** @throws {ToolError} `conflict`, `forbidden` over the quota */
  set(principal: Principal, key: string, value: Json, write: ValueWrite): Promise<ContextEntry>;
  /**
   * Writes what `next` makes of the current value, whoever else writes at the same time: where another was faster, `next`
   * is given the newer value. A value that is there already keeps the end of its life where no other is asked for.
   * @throws {ToolError} `conflict` where others were faster all the time, and what `next` throws.
   */
  update(
    principal: Principal,
    key: string,
    next: (value: Json | undefined) => Json,
    write: Pick<ValueWrite, "ttlSeconds">,
    signal: AbortSignal,
  ): Promise<ContextEntry>;
  /** @returns the version that was removed; `undefined` for none. @throws {ToolError} `conflict` */
  remove(principal: Principal, key: string, expectedVersion: number | undefined): Promise<number | undefined>;
}

export function createContextWriter(
  store: Pick<ContextStore, "get" | "set" | "delete">,
  events: Pick<EventBus, "publish">,
  { keys, ttlSeconds, quota }: ContextWriteOptions,
): ContextWriter {
  async function write(principal: Principal, stored: string, value: Json, given: ValueWrite): Promise<ContextEntry> {
    const { name: writer } = principal;
    const lives = given.ttlSeconds ?? ttlSeconds;
    try {
      const expectedVersion = given.expectedVersion;
      const entry = await store.set(stored, value, { writer, ttlSeconds: lives, expectedVersion, quota });
      await quietly(events.publish(CONTEXT_TOPIC, { key: stored, version: entry.version, writer }));
      return entry;
    } catch (error) {
      if (error instanceof QuotaExceededError) throw quotaRefusal(writer, error, lives);
      throw error;
    }
  }

  return {
    set(principal, key, value, given) {
      const stored = keys.stored(principal, key);
      return withinVersion(store, { stored, key }, write(principal, stored, value, given));
    },

    async update(principal, key, next, given, signal) {
      const stored = keys.stored(principal, key);
      for (let round = 0; round < ROUNDS_MAX; round++) {
        signal.throwIfAborted();
        const entry = await store.get(stored);
        const value = next(entry?.value);
        const lives = given.ttlSeconds ?? entry?.ttlSeconds;
        try {
          return await write(principal, stored, value, { ttlSeconds: lives, expectedVersion: entry?.version ?? 0 });
        } catch (error) {
          if (!(error instanceof VersionConflictError)) throw error;
        }
      }
      throw new ToolError(
        "conflict",
        `Cannot change context "${key}": others changed it ${ROUNDS_MAX} times meanwhile`,
        {
          hint: "Try again in a moment",
          data: { key },
        },
      );
    },

    async remove(principal, key, expectedVersion) {
      const stored = keys.stored(principal, key);
      const removed = await withinVersion(store, { stored, key }, store.delete(stored, expectedVersion));
      if (removed !== undefined) {
        await quietly(events.publish(CONTEXT_TOPIC, { key: stored, version: 0, writer: principal.name }));
      }
      return removed;
    },
  };
}

/** The value is stored, whether or not its notice finds the bus. */
async function quietly(notice: Promise<void>): Promise<void> {
  try {
    await notice;
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
  }
}
