import type { Cache } from "../storage/cache.ts";
import { StorageError } from "../storage/errors.ts";
import type { Json } from "../storage/json.ts";

/** Larger values are not cached: a cache must not be filled by one answer. */
const CACHED_CHARS_MAX = 1_048_576;

/**
 * The cached value of a key, or what `load` gives, which is then cached. A cache that is away or holds something that
 * is no JSON is bypassed: it may cost speed, never an answer.
 */
export async function readThrough<T extends Json>(
  cache: Cache,
  key: string,
  ttlSeconds: number,
  load: () => Promise<T>,
): Promise<T> {
  const cached = await bypass(cache.get(key));
  if (cached !== undefined) {
    try {
      return JSON.parse(cached);
    } catch { /* Not ours: load and overwrite. */ }
  }
  const value = await load();
  const text = JSON.stringify(value);
  if (text.length <= CACHED_CHARS_MAX) await bypass(cache.set(key, text, ttlSeconds));
  return value;
}

async function bypass<T>(access: Promise<T>): Promise<T | undefined> {
  try {
    return await access;
  } catch (error) {
    if (error instanceof StorageError) return undefined;
    throw error;
  }
}
