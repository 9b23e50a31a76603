import type { z } from "zod";
import type { Cache } from "../storage/cache.ts";
import { StorageError } from "../storage/errors.ts";

/** Larger values are not cached: a cache must not be filled by one answer. */
const CACHED_CHARS_MAX = 1_048_576;

/**
 * The cached value of a key, or what `load` gives, which is then cached. A cache that is away, or holds something of
 * another shape, is bypassed: it may cost speed, never an answer. Others may write to it too, and so may an earlier
 * release of this server.
 */
export async function readThrough<T>(
  cache: Cache,
  key: string,
  ttlSeconds: number,
  schema: z.ZodType<T>,
  load: () => Promise<T>,
): Promise<T> {
  const cached = parseJson(await bypass(cache.get(key)));
  const parsed = cached === undefined ? undefined : schema.safeParse(cached);
  if (parsed?.success) return parsed.data;
  const value = await load();
  const text = JSON.stringify(value);
  if (text.length <= CACHED_CHARS_MAX) await bypass(cache.set(key, text, ttlSeconds));
  return value;
}

/** The value of a JSON text; `undefined` where it is none. */
function parseJson(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function bypass<T>(access: Promise<T>): Promise<T | undefined> {
  try {
    return await access;
  } catch (error) {
    if (error instanceof StorageError) return undefined;
    throw error;
  }
}
