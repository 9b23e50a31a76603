import type { StoredAuditRecord } from "../audit_log.ts";
import type { AuditIntent } from "../intent_log.ts";
import type { AuditReader, AuditSnapshot } from "../audit_reader.ts";
import type { ChainStart } from "./chain_check.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { type Verification, verifyAudit } from "./verify.ts";

/** Records in a page of a verification. */
const PAGE_MAX = 500;

export interface ReadAndVerifyOptions {
  readonly checkpoints: readonly Checkpoint[];
  /** As in `VerifyInput`. */
  readonly trustedKeys: ReadonlySet<string> | undefined;
  /** Milliseconds since the epoch; of each chain only what came at this time or later, and at least its last record. */
  readonly sinceMs: number | undefined;
}

/** A verification of the log itself. */
export interface LogVerification extends Verification {
  /** Calls that were about to change something elsewhere and have no record: they run still, or their replica died. */
  readonly openIntents: readonly AuditIntent[];
}

/** Verifies the log as it stands now. @throws {StorageError} when it cannot be read */
export function readAndVerify(
  reader: AuditReader,
  { checkpoints, trustedKeys, sinceMs }: ReadAndVerifyOptions,
): Promise<LogVerification> {
  return reader.snapshot(async (log) => {
    const register = await log.register();
    const openIntents = await log.openIntents();
    if (sinceMs === undefined) {
      const verification = await verifyAudit({ pages: log.byChain(PAGE_MAX), register, checkpoints, trustedKeys });
      return { ...verification, openIntents };
    }
    const starts = await startsSince(log, sinceMs);
    const pages = fromStarts(log, starts, PAGE_MAX);
    return { ...await verifyAudit({ pages, register, checkpoints, trustedKeys, starts }), openIntents };
  });
}

/** The records of chains from their starts on, chain by chain. */
export async function* fromStarts(
  log: AuditSnapshot,
  starts: ReadonlyMap<string, ChainStart>,
  pageMax: number,
): AsyncGenerator<readonly StoredAuditRecord[]> {
  for (const [chainId, { seq }] of starts) yield* log.ofChain(chainId, seq, pageMax);
}

/** Every chain has a start, so that a chain that is gone shows, and one whose end is. */
async function startsSince(log: AuditSnapshot, ms: number): Promise<ReadonlyMap<string, ChainStart>> {
  const firsts = await log.firstSeqsSince(ms);
  const lasts = await log.lastSeqs();
  return new Map(Array.from(lasts, ([chainId, last]) => [chainId, { seq: firsts.get(chainId) ?? last }]));
}
