import type { z } from "zod";
import type { Cache } from "../storage/cache.ts";
import { StorageError } from "../storage/errors.ts";
import { SingleFlight } from "./single_flight.ts";

/** Larger values are not cached: a cache must not be filled by one answer. */
const CACHED_CHARS_MAX = 1_048_576;

/** The loads that run for a cache, by its keys: they last as long as it does. */
const flights = new WeakMap<Cache, SingleFlight<unknown>>();

/**
 * The cached value of a key, or what `load` gives, which is then cached. A cache that is away, or holds something of
 * another shape, is bypassed: it may cost speed, never an answer. Others may write to it too, and so may an earlier
 * release of this server.
 *
 * What is cached is for everyone, and so is a load: calls that find nothing at once share one where they give the signal
 * of their caller, and it goes on while one of them waits.
 *
 * @param load is given a signal that aborts when nobody waits any more
 */
export async function readThrough<T>(
  cache: Cache,
  key: string,
  ttlSeconds: number,
  schema: z.ZodType<T>,
  load: (signal: AbortSignal) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const cached = parseJson(await bypass(cache.get(key)));
  const parsed = cached === undefined ? undefined : schema.safeParse(cached);
  if (parsed?.success) return parsed.data;
  const loadAndKeep = async (signal: AbortSignal) => {
    const value = await load(signal);
    const text = JSON.stringify(value);
    if (text.length <= CACHED_CHARS_MAX) await bypass(cache.set(key, text, ttlSeconds));
    return value;
  };
  if (!signal) return await loadAndKeep(new AbortController().signal);
  return await flightsOf<T>(cache).run(key, signal, loadAndKeep);
}

function flightsOf<T>(cache: Cache): SingleFlight<T> {
  const known = flights.get(cache) ?? new SingleFlight<unknown>();
  flights.set(cache, known);
  return known as SingleFlight<T>; // A key has one schema, and so one type.
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
