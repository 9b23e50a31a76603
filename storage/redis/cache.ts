import type { Cache } from "../cache.ts";
import type { RedisConnection } from "./connection.ts";

/**
 * A cache in Redis, shared by all replicas: `cache:<key>`. The connection stays open: its opener closes it.
 */
export function createRedisCache(redis: RedisConnection): Cache {
  return {
    async get(key) {
      const action = `get cached ${JSON.stringify(key)}`;
      return await redis.run(action, (client) => client.get(`cache:${key}`)) ?? undefined;
    },
    async set(key, text, ttlSeconds) {
      const action = `cache ${JSON.stringify(key)}`;
      await redis.run(action, (client) => client.set(`cache:${key}`, text, "EX", ttlSeconds));
    },
    async [Symbol.asyncDispose]() {},
  };
}
