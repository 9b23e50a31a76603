import type { AuditStore, SealedRecord } from "../audit_log.ts";
import { StorageError } from "../errors.ts";
import type { AuditSpool } from "./spool.ts";

/** Pause between two looks into the spool. */
const DRAIN_INTERVAL_MS = 500;
/** Records moved in one write. */
const DRAIN_BATCH = 500;

export interface SpoolingOptions {
  /** Told of records that were moved from the spool to the log. Must not throw. */
  readonly onDrained?: (records: number) => void;
  /** Told of what lay in the spool and is no record, and was put aside. Must not throw. */
  readonly onRejected?: (names: readonly string[]) => void;
}

/** A store that falls back to a spool. */
export interface SpoolingStore extends AuditStore {
  /** Records that were in the spool when it was last looked into. */
  readonly spooled: number;
}

/**
 * The log's own store, and a spool while that is away. A batch that the store may have taken before it failed goes to
 * the spool all the same: writing a record again changes nothing. Any replica moves what waits in the spool to the log
 * once the store is back; a record leaves the spool only when the log has it.
 */
export function createSpoolingStore(
  store: AuditStore,
  spool: AuditSpool,
  options: SpoolingOptions = {},
): SpoolingStore {
  let spooled = 0;
  /** Whether the store is there and takes nothing all the same: its disk is full, or it may only be read. */
  let refusing = false;
  let draining: Promise<void> | undefined;
  const timer = setInterval(() => {
    draining ??= drain().finally(() => draining = undefined);
  }, DRAIN_INTERVAL_MS);

  async function write(batch: readonly SealedRecord[]): Promise<void> {
    if (store.available) {
      try {
        await store.write(batch);
        refusing = false;
        return;
      } catch (error) {
        if (!spool.available) throw error;
        refusing = true;
      }
    } else if (!spool.available) {
      throw new StorageError("Cannot keep audit records: neither the log's store nor a spool is available");
    }
    await spool.add(batch);
  }

  /** Moves all that waits, batch by batch; what fails is tried again at the next look. */
  async function drain(): Promise<void> {
    try {
      if (!spool.available) return;
      spooled = await spool.count();
      while (spooled > 0 && store.available) {
        const oldest = await spool.oldest(DRAIN_BATCH);
        const records = oldest.flatMap(({ record }) => record ? [record] : []);
        if (records.length > 0) await store.write(records);
        await spool.remove(oldest.filter(({ record }) => record).map(({ name }) => name));
        if (records.length > 0) options.onDrained?.(records.length);
        const strange = oldest.filter(({ record }) => !record).map(({ name }) => name);
        if (strange.length > 0) {
          await spool.reject(strange);
          options.onRejected?.(strange);
        }
        spooled = await spool.count();
      }
      // Whoever emptied it, the store takes records again; calls that are refused meanwhile would not find that out.
      if (spooled === 0 && store.available) refusing = false;
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
    }
  }

  return {
    get available() {
      return store.available || spool.available;
    },
    get spooling() {
      return (refusing || !store.available) && spool.available;
    },
    get spooled() {
      return spooled;
    },
    write,
    query: (query) => store.query(query),
    scan: (query) => store.scan(query),
    sums: (query) => store.sums(query),
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await draining;
      await spool[Symbol.asyncDispose]();
      await store[Symbol.asyncDispose]();
    },
  };
}
