import type { Json } from "./json.ts";

/** What is stored under a key, and who wrote it. */
export interface ContextEntry {
  readonly value: Json;
  /** 1 for a key's first write, one more with each further write while the entry lives. */
  readonly version: number;
  /** Name of the principal that wrote this version; empty where a key was written by hand in Redis. */
  readonly writer: string;
  /** When this version was written, in milliseconds since the epoch; 0 where a key was written by hand in Redis. */
  readonly writtenAtMs: number;
  /** Seconds until the entry is gone, rounded up; `undefined` where it has no end. */
  readonly ttlSeconds: number | undefined;
}

/** How a value is written. */
export interface ContextWrite {
  readonly writer: string;
  /** Whole seconds, at least 1. */
  readonly ttlSeconds: number;
  /** Write only if the entry is at this version; 0 = only if there is none. Left out = write always. */
  readonly expectedVersion?: number | undefined;
  /** What the writer may have in the store at once, this write included. Left out = any amount. */
  readonly quota?: ContextQuota | undefined;
}

/**
 * What one writer may have in the store: of the entries that live, those that it was the last to write. A key that another
 * writer had moves to who overwrites it. Entries that were written without a quota need not count.
 */
export interface ContextQuota {
  /** Entries. */
  readonly keysMax: number;
  /** UTF-8 bytes of keys, as the store is given them, and of values as they are stored, together. */
  readonly bytesMax: number;
}

/**
 * Context that agents share: one JSON value a key, each entry with an end of its life.
 *
 * A value comes back as it was set, to the letter (`encodeContextValue` says how it is stored).
 * A write is atomic: of several writers that expect the same version exactly one succeeds.
 */
export interface ContextStore extends AsyncDisposable {
  /** @throws {StorageError} when the store is away or too slow. */
  get(key: string): Promise<ContextEntry | undefined>;
  /**
   * @returns the entry as it now stands.
   * @throws {QuotaExceededError} when the writer would have more than `quota`.
   * @throws {VersionConflictError} when `expectedVersion` is not the stored version.
   * @throws {StorageError} when the store is away or too slow: the write may or may not have happened.
   */
  set(key: string, value: Json, write: ContextWrite): Promise<ContextEntry>;
  /**
   * Removes an entry; what is written under the key later begins at version 1 again.
   * @param expectedVersion remove only if the entry is at this version; left out = whatever it is at
   * @returns the version that was removed; `undefined` where there was no entry.
   * @throws {VersionConflictError} when `expectedVersion` is not the stored version; 0 = none is stored
   * @throws {StorageError} when the store is away or too slow: the entry may or may not be there.
   */
  delete(key: string, expectedVersion?: number): Promise<number | undefined>;
  /**
   * Keys of entries that live, for somebody who begins to type one. Of a store that holds very much only a part is looked
   * at, so that keys may be missing.
   * @param prefix what the keys begin with; all do with `""`
   * @param max at most so many keys, at least 1
   * @returns in the order of their UTF-16 code units
   * @throws {StorageError} when the store is away or too slow.
   */
  keys(prefix: string, max: number): Promise<readonly string[]>;
}
