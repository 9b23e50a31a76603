import type { StoredAuditRecord } from "../audit_log.ts";

/**
 * What was done, as far as the evidence tells:
 *
 * - `changed`: a column of the record is not what was sealed
 * - `missing`: records are gone
 * - `inserted`: the chain knows no such record
 * - `reordered`: the record stands in another place than it was sealed at
 * - `rewritten`: the record agrees with its own hash, but not with its neighbour or with what was signed
 * - `forged`: something that is signed is not signed by whom it says, or by nobody who is trusted
 */
export type FindingKind = "changed" | "missing" | "inserted" | "reordered" | "rewritten" | "forged";

/** One place where the log is not what was written. */
export interface Finding {
  readonly kind: FindingKind;
  readonly chainId: string;
  /** The place in the chain: for `missing` the first that is gone; `undefined` where the chain as a whole is meant. */
  readonly seq: number | undefined;
  /** Of the record that is named; `undefined` where there is none. */
  readonly id: number | undefined;
  readonly eventId: string | undefined;
  /** What does not fit: what was expected, and what came. */
  readonly reason: string;
}

/** A finding that names a record. */
export function ofRecord(kind: FindingKind, record: StoredAuditRecord, reason: string): Finding {
  const { chainId, seq, id, eventId } = record;
  return { kind, chainId, seq, id, eventId, reason };
}

/** A finding about a chain, or about a place in it where no record is. */
export function ofChain(kind: FindingKind, chainId: string, seq: number | undefined, reason: string): Finding {
  return { kind, chainId, seq, id: undefined, eventId: undefined, reason };
}

/** One line for people. */
export function printFinding({ kind, chainId, seq, id, eventId, reason }: Finding): string {
  const place = seq === undefined ? "" : ` seq ${seq}`;
  const record = id === undefined ? "" : ` (id ${id}, event ${eventId})`;
  return `${kind}: chain ${chainId}${place}${record}: ${reason}`;
}
