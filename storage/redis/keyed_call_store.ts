import { StorageError } from "../errors.ts";
import type { KeyedCallStore } from "../keyed_call_store.ts";
import type { RedisConnection } from "./connection.ts";

/** An entry may end between two looks at it; twice in a row it does not. */
const ATTEMPTS = 3;

/** Keyed calls in Redis, shared by all replicas: `idempotency:<sha256>`. The connection stays open. */
export function createRedisKeyedCallStore(redis: RedisConnection): KeyedCallStore {
  const get = async (sha256: string) =>
    await redis.run("find a keyed call", (client) => client.get(keyOf(sha256))) ?? undefined;
  return {
    get,
    async begin(sha256, entry, ttlSeconds) {
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        const put = await redis.run(
          "begin a keyed call",
          (client) => client.set(keyOf(sha256), entry, "EX", ttlSeconds, "NX"),
        );
        if (put === "OK") return undefined;
        const standing = await get(sha256);
        if (standing !== undefined) return standing;
      }
      throw new StorageError("Cannot begin a keyed call: its entry comes and goes");
    },
    async replace(sha256, entry, ttlSeconds) {
      await redis.run("keep a keyed call's answer", (client) => client.set(keyOf(sha256), entry, "EX", ttlSeconds));
    },
    async forget(sha256) {
      await redis.run("forget a keyed call", (client) => client.del(keyOf(sha256)));
    },
    async [Symbol.asyncDispose]() {},
  };
}

function keyOf(sha256: string): string {
  return `idempotency:${sha256}`;
}
