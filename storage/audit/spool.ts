import type { SealedRecord } from "../audit_log.ts";

/** A record that waits in a spool, with the name to remove it by; `undefined` for text that is no record. */
export interface SpooledRecord {
  readonly name: string;
  readonly record: SealedRecord | undefined;
}

/**
 * Where sealed records wait while the log's own store is away. All replicas share it where it is shared, and any of
 * them may drain it: a record may be read, and written to the log, by several at once, which changes nothing.
 */
export interface AuditSpool extends AsyncDisposable {
  /** Whether what is put here now is durable: the store is there, and set to keep what it takes. */
  readonly available: boolean;
  /** Resolves once the whole batch is durable. @throws {StorageError} when it may not be, or the spool is full. */
  add(batch: readonly SealedRecord[]): Promise<void>;
  /** Records that wait. @throws {StorageError} when the store is away or too slow. */
  count(): Promise<number>;
  /** The oldest ones. @throws {StorageError} when the store is away or too slow. */
  oldest(max: number): Promise<readonly SpooledRecord[]>;
  /** Removes records that are in the log. @throws {StorageError} when the store is away or too slow. */
  remove(names: readonly string[]): Promise<void>;
  /** Puts what is no record aside, where nobody drains it: nothing is lost, and nothing is held up. */
  reject(names: readonly string[]): Promise<void>;
}
