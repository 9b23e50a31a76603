import { v7 } from "uuid";
import type { SealedRecord, StoredAuditRecord } from "../../storage/audit_log.ts";
import type { ChainClosing, ChainOpening } from "../../storage/chain_register.ts";
import { createChain } from "../../storage/audit/chain.ts";
import type { Checkpoint } from "../../storage/audit/checkpoint.ts";
import { createSigner, type Signer } from "../../storage/audit/signing.ts";
import { generateSigningKey } from "../../storage/audit/signing_key.ts";
import { signCheckpoint, signClosing, signOpening } from "../../storage/audit/statements.ts";
import { entryWith } from "./audit_entries.ts";

/** A signer with a key of its own. */
export function newSigner(): Signer {
  return createSigner(generateSigningKey());
}

/** What a replica leaves behind of one chain. */
export interface WrittenChain {
  readonly id: string;
  readonly opening: ChainOpening;
  readonly records: readonly SealedRecord[];
  checkpointAt(seq: number, by?: Signer): Checkpoint;
  closing(by?: Signer): ChainClosing;
}

export const STARTED_MS = Date.UTC(2024, 0, 15, 10, 35);
const SECOND_MS = 1000;

/** A chain of records, one a second, as a replica would write it. */
export function writeChain(signer: Signer, count: number, fromMs = STARTED_MS): WrittenChain {
  const id = v7();
  const opening = signOpening({ chainId: id, replica: "replica-1", version: "1.0.0", openedAtMs: fromMs }, signer);
  const entries = Array.from({ length: count }, (_, i) => entryWith({ timestampMs: fromMs + i * SECOND_MS }));
  const records = createChain(id, opening).seal(entries);
  const hashAt = (seq: number) => records[seq - 1]?.hash ?? "0".repeat(64);
  const endMs = fromMs + count * SECOND_MS;
  return {
    id,
    opening,
    records,
    checkpointAt: (seq, by = signer) => signCheckpoint({ chainId: id, seq, hash: hashAt(seq), atMs: endMs }, by),
    closing: (by = signer) => signClosing({ chainId: id, seq: count, hash: hashAt(count), closedAtMs: endMs }, by),
  };
}

/** Records as if they had been stored in this order. */
export function stored(records: readonly SealedRecord[], firstId = 1): readonly StoredAuditRecord[] {
  return records.map(({ opening: _, ...record }, i) => ({ ...record, id: firstId + i }));
}
