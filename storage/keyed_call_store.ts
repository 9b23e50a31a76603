/**
 * What is known of calls that carry an idempotency key, by a digest of the key and its scope: text of the caller's own
 * form, for as long as it lives. Shared by all replicas.
 */
export interface KeyedCallStore extends AsyncDisposable {
  /**
   * Puts an entry where there is none, as one step: of several who begin the same call, one does.
   *
   * @param sha256 64 hex digits
   * @param ttlSeconds whole seconds, at least 1
   * @returns the entry that stood there already; `undefined` where this one was put.
   * @throws {StorageError} when the store is away or too slow, or holds as many as it may.
   */
  begin(sha256: string, entry: string, ttlSeconds: number): Promise<string | undefined>;
  /** The entry that stands there. @throws {StorageError} when the store is away or too slow. */
  get(sha256: string): Promise<string | undefined>;
  /** Puts an entry in place of the one that stands there. @throws {StorageError} when the store is away or too slow. */
  replace(sha256: string, entry: string, ttlSeconds: number): Promise<void>;
  /** Forgets an entry, so that the call can begin anew. @throws {StorageError} when the store is away or too slow. */
  forget(sha256: string): Promise<void>;
}
