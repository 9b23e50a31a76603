import type { AuditEntry, AuditRecord, SealedRecord } from "../audit_log.ts";
import type { ChainOpening } from "../chain_register.ts";
import { hashRecord } from "./hash.ts";
import { name, storable } from "./storable.ts";

export { hashRecord };

/** Where a chain stands: the place and the hash of its last record. */
export interface ChainHead {
  /** 0 before the first record. */
  readonly seq: number;
  readonly hash: string;
}

/** The head of every chain before its first record. */
export const GENESIS: ChainHead = { seq: 0, hash: "0".repeat(64) };

/** One replica incarnation's chain of records. */
export interface Chain {
  readonly id: string;
  readonly head: ChainHead;
  /**
   * Gives entries their places, in order, and moves the head. What is sealed must be written: a record that is left
   * out breaks the chain.
   */
  seal(entries: readonly AuditEntry[]): readonly SealedRecord[];
}

/**
 * Starts a chain.
 *
 * @param chainId unique to this start of this replica, such as a UUID: a chain is never taken up again
 * @param opening for the first record to carry
 */
export function createChain(chainId: string, opening?: ChainOpening): Chain {
  const id = name(chainId);
  let head = GENESIS;
  return {
    id,
    get head() {
      return head;
    },
    seal(entries) {
      let { seq, hash } = head;
      const records = entries.map((entry): SealedRecord => {
        const record = { ...storable(entry), chainId: id, seq: ++seq, prevHash: hash, hash: "" };
        record.hash = hash = hashRecord(record);
        return seq === 1 && opening ? { ...record, opening } : record;
      });
      head = { seq, hash };
      return records;
    },
  };
}

/** The first place where records are not the chain they should be. */
export interface ChainBreak {
  /** The place that the chain had come to: the record's own says something else where one was put in or taken out. */
  readonly seq: number;
  readonly record: AuditRecord;
  readonly reason: string;
}

/**
 * Checks records of one chain, in the order of `seq`, against what comes before them.
 *
 * Any edit, removal, swap or insertion is found but one: that the end is missing, which only a head from elsewhere can
 * show.
 *
 * @param after the head that the records follow; the chain's beginning where left out
 * @returns the first record that does not fit, or `undefined`
 */
export function verifyRecords(records: Iterable<AuditRecord>, after: ChainHead = GENESIS): ChainBreak | undefined {
  let { seq, hash } = after;
  let chainId: string | undefined;
  for (const record of records) {
    seq++;
    chainId ??= record.chainId;
    const reason = record.chainId !== chainId
      ? `Expected a record of chain ${JSON.stringify(chainId)}, but got one of ${JSON.stringify(record.chainId)}`
      : record.seq !== seq
      ? `Expected seq ${seq}, but got ${record.seq}`
      : record.prevHash !== hash
      ? `Expected prev_hash ${hash}, but got ${record.prevHash}`
      : record.hash !== hashRecord(record)
      ? `Expected hash ${hashRecord(record)} of what the record holds, but got ${record.hash}`
      : undefined;
    if (reason !== undefined) return { seq, record, reason };
    hash = record.hash;
  }
  return undefined;
}
