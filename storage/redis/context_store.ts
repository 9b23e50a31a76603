import type { Redis, Result } from "ioredis";
import type { Clock } from "../clock.ts";
import type { ContextEntry, ContextStore, ContextWrite } from "../context_store.ts";
import { decodeContextValue, encodeContextValue } from "../context_value.ts";
import { VersionConflictError } from "../errors.ts";
import type { Json } from "../json.ts";
import type { RedisConnection } from "./connection.ts";
import { type ContextAccounts, createContextAccounts } from "./context_quota.ts";
import { DELETE, GET, SET } from "./context_scripts.ts";

type GetReply = [text: string, version: number, writer: string, writtenAtMs: string, ttlMs: number];
type SetReply = [written: 0 | 1, version: number, replacedWriter: string, replacedSerial: string];

declare module "ioredis" {
  // The driver's own way to type the commands that `defineCommand` adds.
  interface RedisCommander<Context> {
    contextGet(valueKey: string, metaKey: string): Result<GetReply | null, Context>;
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

  constructor(redis: RedisConnection, clock: Clock) {
    this.#redis = redis;
    this.#clock = clock;
    this.#accounts = createContextAccounts(redis);
    redis.define("contextGet", { numberOfKeys: 2, lua: GET });
    redis.define("contextSet", { numberOfKeys: 2, lua: SET });
    redis.define("contextDelete", { numberOfKeys: 2, lua: DELETE });
  }

  async get(key: string): Promise<ContextEntry | undefined> {
    const reply = await this.#redis.run(
      `get context ${JSON.stringify(key)}`,
      (client) => client.contextGet(...keysOf(key)),
    );
    if (!reply) return undefined;
    const [text, version, writer, writtenAtMs, ttlMs] = reply;
    return {
      value: decodeContextValue(text),
      version,
      writer,
      writtenAtMs: Number(writtenAtMs),
      ttlSeconds: ttlMs < 0 ? undefined : Math.ceil(ttlMs / 1000),
    };
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
