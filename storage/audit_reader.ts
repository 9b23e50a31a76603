import type { StoredAuditRecord } from "./audit_log.ts";
import type { AuditIntent } from "./intent_log.ts";
import type { ChainClosing, ChainOpening, Tombstone } from "./chain_register.ts";

/** Reads the log whole and in order, as a verifier and an export do. */
export interface AuditReader {
  /**
   * Runs work on the log as it stands at one moment, whatever is written meanwhile.
   * @throws {StorageError} when the store is away or too slow, or has no such log; and whatever the work throws.
   */
  snapshot<T>(work: (log: AuditSnapshot) => Promise<T>): Promise<T>;
}

/** Takes records out of the log, as retention does. */
export interface AuditRetention extends AuditReader {
  /**
   * Runs work in one transaction: where it throws, nothing is removed. One at a time.
   * @throws {StorageError} as `snapshot`, and when the store refuses the change.
   */
  change<T>(work: (log: RemovableSnapshot) => Promise<T>): Promise<T>;
}

/** What is said of the chains beside their records. */
export interface Register {
  readonly openings: readonly ChainOpening[];
  readonly closings: readonly ChainClosing[];
  readonly tombstones: readonly Tombstone[];
}

/** Records of some time. */
export interface TimeRange {
  /** Milliseconds since the epoch, inclusive. */
  readonly fromMs?: number | undefined;
  /** Milliseconds since the epoch, exclusive. */
  readonly toMs?: number | undefined;
}

/** The log as it stood at one moment. Pages hold at most `pageMax` records and are read as they are asked for. */
export interface AuditSnapshot {
  register(): Promise<Register>;
  /** What is said of one chain. */
  registerOf(chainId: string): Promise<Register>;
  /** Intents without a record, the oldest first; at most `OPEN_INTENTS_MAX`. */
  openIntents(): Promise<readonly AuditIntent[]>;
  /** The last `seq` of each chain that has a record. */
  lastSeqs(): Promise<ReadonlyMap<string, number>>;
  /** The first `seq` that came at a time or later, of each chain that has one. @param ms since the epoch */
  firstSeqsSince(ms: number): Promise<ReadonlyMap<string, number>>;
  /** Every record: chain by chain, by `seq` and, where two claim one, by `id`. */
  byChain(pageMax: number): AsyncIterable<readonly StoredAuditRecord[]>;
  /** The records of one chain from a `seq` on, in the same order. */
  ofChain(chainId: string, fromSeq: number, pageMax: number): AsyncIterable<readonly StoredAuditRecord[]>;
  /** By `id`. */
  byId(range: TimeRange, pageMax: number): AsyncIterable<readonly StoredAuditRecord[]>;
}

/** A snapshot whose records may be removed. */
export interface RemovableSnapshot extends AuditSnapshot {
  /** Writes a tombstone and removes what it tells of. @returns how many records are gone */
  remove(tombstone: Tombstone): Promise<number>;
}
