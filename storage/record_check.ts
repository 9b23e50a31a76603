import type { StoredAuditRecord } from "./audit_log.ts";

/** A part of a chain, by the first and the last `seq` that were asked for. */
export interface CheckedPart {
  readonly fromSeq: number;
  readonly throughSeq: number;
}

/** One place where the chain is not what was written. */
export interface RecordFinding {
  /** `changed`, `missing`, `inserted`, `reordered`, `rewritten` or `forged`. */
  readonly kind: string;
  /** `undefined` where the chain as a whole is meant. */
  readonly seq: number | undefined;
  /** Of the record that is named; `undefined` where there is none. */
  readonly eventId: string | undefined;
  /** What was expected, and what came. */
  readonly reason: string;
}

/** What was found of a record in its place. */
export interface CheckedRecord {
  /** Of what the record holds now; `hash` is what it should be. */
  readonly computedHash: string;
  /** What was verified, the record and its neighbours at least. */
  readonly part: CheckedPart;
  /** Whether the chain has a record behind it. */
  readonly isLast: boolean;
  /** Whether somebody who is trusted has signed that the chain began. */
  readonly isOpened: boolean;
  /** What the part was held to before the record, in words that begin a sentence; `undefined` = nothing. */
  readonly before: string | undefined;
  /** The same for the record itself and what is behind it. */
  readonly behind: string | undefined;
  /** A part up to something signed that was not read to its end: the time was over. */
  readonly late: CheckedPart | undefined;
  /** Whether any key counted, since nobody says whose do. */
  readonly anyKey: boolean;
  readonly findings: readonly RecordFinding[];
}

/** Checks one record in its place. */
export interface RecordCheck {
  /**
   * Recomputes the record's hash and those of its neighbours, and of all up to the nearest signed place to both sides
   * where that is near enough.
   * @throws {StorageError} when the log cannot be read, and where the signal aborts it
   */
  check(record: StoredAuditRecord, signal: AbortSignal): Promise<CheckedRecord>;
}
