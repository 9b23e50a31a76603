import process from "node:process";
import type { Redis, Result } from "ioredis";
import type { Clock } from "../clock.ts";
import type { ContextEntry, ContextStore, ContextWrite } from "../context_store.ts";
import { decodeContextValue, encodeContextValue } from "../context_value.ts";
import { StorageError, VersionConflictError } from "../errors.ts";
import type { Json } from "../json.ts";
import type { RedisConnection } from "./connection.ts";
import { type ContextAccounts, createContextAccounts } from "./context_quota.ts";
import { DELETE, GET, GET_SEVERAL, SET } from "./context_scripts.ts";

type GetReply = [text: string, version: number, writer: string, writtenAtMs: string, ttlMs: number];
type Entry = ContextEntry | undefined;
type SetReply = [written: 0 | 1, version: number, replacedWriter: string, replacedSerial: string];

declare module "ioredis" {
  // The driver's own way to type the commands that `defineCommand` adds.
  interface RedisCommander<Context> {
    contextGet(valueKey: string, metaKey: string): Result<GetReply | null, Context>;
    contextGetSeveral(keys: number, ...names: readonly string[]): Result<readonly (GetReply | [] | null)[], Context>;
    contextDelete(valueKey: string, metaKey: string, expectedVersion: number | ""): Result<SetReply, Context>;
    contextSet(
      valueKey: string,
      metaKey: string,
      ...args: [
        ...[text: string, writer: string, writtenAtMs: number, ttlSeconds: number],
        ...[expectedVersion: number | "", serial: string],
      ]
    ): Result<SetReply, Context>;
  }
}

/** What a value's key begins with. */
const VALUE = "ctx:";

/** Entries that are read by one script: other commands wait for it. */
const READ_MAX = 64;

/** Redis looks at about so many keys of any kind in one step of a scan, and at no more than so many steps. */
const SCAN_KEYS = 1000;
const SCAN_STEPS_MAX = 20;

/**
 * Context in Redis, shared by all replicas: `ctx:<key>` holds the value (`encodeContextValue`), the hash
 * `meta:{ctx:<key>}` its version, writer and time of writing. The braces put both in one slot of a Redis Cluster, and
 * the name keeps the hash out of `keys 'ctx:*'`. Each access is one script, hence atomic; a write with a quota is on its
 * writer's account before (`ContextAccounts`).
 *
 * A value written by hand reads as the next version, with no writer, and is on no account. The connection stays open: its opener closes it.
 */
export function createRedisContextStore(redis: RedisConnection, clock: Clock): ContextStore {
  return new RedisContextStore(redis, clock);
}

class RedisContextStore implements ContextStore {
  readonly #redis: RedisConnection;
  readonly #clock: Clock;
  readonly #accounts: ContextAccounts;
  /** What was asked for in this turn of the event loop, by key. */
  #reading = new Map<string, PromiseWithResolvers<Entry>>();
  /** Whether one command may be for several entries. */
  #readsSeveral = true;

  constructor(redis: RedisConnection, clock: Clock) {
    this.#redis = redis;
    this.#clock = clock;
    this.#accounts = createContextAccounts(redis);
    redis.define("contextGet", { numberOfKeys: 2, lua: GET });
    redis.define("contextGetSeveral", { lua: GET_SEVERAL });
    redis.define("contextSet", { numberOfKeys: 2, lua: SET });
    redis.define("contextDelete", { numberOfKeys: 2, lua: DELETE });
  }

  /** Entries that are asked for in one turn of the event loop are read by one command, and each of them once. */
  get(key: string): Promise<Entry> {
    let reading = this.#reading.get(key);
    if (!reading) {
      if (this.#reading.size === 0) process.nextTick(() => this.#read());
      this.#reading.set(key, reading = Promise.withResolvers());
    }
    return reading.promise;
  }

  async set(key: string, value: Json, write: ContextWrite): Promise<ContextEntry> {
    const { writer, ttlSeconds, expectedVersion, quota } = write;
    const text = encodeContextValue(value);
    const reservation = quota && await this.#accounts.reserve({ writer, key, text, ttlSeconds }, quota);
    const writtenAtMs = this.#clock.now();
    const args = [text, writer, writtenAtMs, ttlSeconds, expectedVersion ?? "", reservation?.serial ?? ""] as const;
    // Where this throws, the value may be stored for all we know: it stays on the account.
    const [written, version, replacedWriter, replacedSerial] = await this.#redis.run(
      `set context ${JSON.stringify(key)}`,
      (client) => client.contextSet(...keysOf(key), ...args),
    );
    if (!written) {
      if (reservation) await this.#accounts.release(key, reservation);
      // Only a write that expected a version is refused.
      throw new VersionConflictError(key, expectedVersion ?? 0, version);
    }
    if (replacedSerial) await this.#accounts.release(key, { writer: replacedWriter, serial: replacedSerial });
    return { value, version, writer, writtenAtMs, ttlSeconds };
  }

  async delete(key: string, expectedVersion?: number): Promise<number | undefined> {
    const [removed, version, writer, serial] = await this.#redis.run(
      `delete context ${JSON.stringify(key)}`,
      (client) => client.contextDelete(...keysOf(key), expectedVersion ?? ""),
    );
    if (!removed) throw new VersionConflictError(key, expectedVersion ?? 0, version);
    if (serial) await this.#accounts.release(key, { writer, serial });
    return version === 0 ? undefined : version;
  }

  async keys(prefix: string, max: number): Promise<readonly string[]> {
    const found = await this.#redis.runOnEach(
      `list context that begins with ${JSON.stringify(prefix)}`,
      (server) => scan(server, `${VALUE}${escapeGlob(prefix)}*`, max),
    );
    // A key that moves from one node of a Cluster to another is found on both.
    return [...new Set(found.flat())].slice(0, max).map((name) => name.slice(VALUE.length)).sort();
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  #read(): void {
    const all = [...this.#reading];
    this.#reading = new Map();
    const size = this.#readsSeveral ? READ_MAX : 1;
    for (let first = 0; first < all.length; first += size) {
      const some = all.slice(first, first + size);
      this.#getSeveral(some.map(([key]) => key)).then(
        (entries) => some.forEach(([, { resolve }], i) => resolve(entries[i])),
        (error) => some.forEach(([, { reject }]) => reject(error)),
      );
    }
  }

  /** @returns in the order of the keys; a promise where an entry is read by itself */
  async #getSeveral(keys: readonly string[]): Promise<readonly (Entry | Promise<Entry>)[]> {
    const [only, ...others] = keys;
    if (only !== undefined && others.length === 0) return [this.#getOne(only)];
    const names = keys.flatMap(keysOf);
    let replies;
    try {
      replies = await this.#redis.run(
        // Each of the callers is told, and none of them of another's key.
        "get context",
        (client) => client.contextGetSeveral(names.length, ...names),
      );
    } catch (error) {
      if (!(error instanceof StorageError && error.message.includes("CROSSSLOT"))) throw error;
      // A Cluster has the keys of several entries in several places.
      this.#readsSeveral = false;
      return keys.map((key) => this.#getOne(key));
    }
    return replies.map((reply, i) => {
      // Alone it fails with Redis' own words.
      return reply?.length === 0 ? this.#getOne(keys[i] ?? "") : reply ? entryOf(reply) : undefined;
    });
  }

  async #getOne(key: string): Promise<Entry> {
    const reply = await this.#redis.run(
      `get context ${JSON.stringify(key)}`,
      (client) => client.contextGet(...keysOf(key)),
    );
    return reply ? entryOf(reply) : undefined;
  }
}

function entryOf([text, version, writer, writtenAtMs, ttlMs]: GetReply): ContextEntry {
  return {
    value: decodeContextValue(text),
    version,
    writer,
    writtenAtMs: Number(writtenAtMs),
    ttlSeconds: ttlMs < 0 ? undefined : Math.ceil(ttlMs / 1000),
  };
}

/** Names of keys that match, `max` or a few more at most. */
async function scan(server: Redis, pattern: string, max: number): Promise<readonly string[]> {
  const found = new Set<string>();
  let cursor = "0";
  for (let step = 0; step < SCAN_STEPS_MAX && found.size < max; step++) {
    const [next, names] = await server.scan(cursor, "MATCH", pattern, "COUNT", SCAN_KEYS);
    for (const name of names) found.add(name);
    if (next === "0") break;
    cursor = next;
  }
  return [...found];
}

function escapeGlob(text: string): string {
  return text.replaceAll(/[\\*?[\]]/g, "\\$&");
}

function keysOf(key: string): [valueKey: string, metaKey: string] {
  return [VALUE + key, `meta:{ctx:${key}}`];
}
