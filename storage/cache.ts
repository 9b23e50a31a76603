/**
 * Text that can be made again, kept for a while. Keys are names such as `prom:up`; the Redis adapter prints them
 * as `cache:prom:up`.
 */
export interface Cache extends AsyncDisposable {
  /** @throws {StorageError} when the store is away or too slow. */
  get(key: string): Promise<string | undefined>;
  /**
   * @param ttlSeconds whole seconds, at least 1
   * @throws {StorageError} when the store is away or too slow.
   */
  set(key: string, text: string, ttlSeconds: number): Promise<void>;
}
