import type { Cache } from "../../storage/cache.ts";
import type { CallFeed } from "./feed.ts";

/** A cache whose hits and misses are counted for whoever watches. */
export function countCache(cache: Cache, feed: Pick<CallFeed, "count">): Cache {
  return {
    async get(key) {
      const text = await cache.get(key);
      feed.count(text === undefined ? "cacheMisses" : "cacheHits");
      return text;
    },
    set: (key, text, ttlSeconds) => cache.set(key, text, ttlSeconds),
    [Symbol.asyncDispose]: () => cache[Symbol.asyncDispose](),
  };
}
