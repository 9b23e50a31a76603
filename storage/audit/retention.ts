import type { StoredAuditRecord } from "../audit_log.ts";
import type { AuditRetention, AuditSnapshot, Register } from "../audit_reader.ts";
import { StorageError } from "../errors.ts";
import type { Finding } from "./finding.ts";
import type { Signer } from "./signing.ts";
import { signTombstone } from "./statements.ts";
import { verifyAudit } from "./verify.ts";

/** Records in a page while a chain is verified. */
const PAGE_MAX = 500;

export interface RetentionOptions {
  /** Milliseconds since the epoch: what came before goes. */
  readonly beforeMs: number;
  /** Signs the tombstones; its key has to be among the trusted ones. */
  readonly signer: Signer;
  /** As in `VerifyInput`. */
  readonly trustedKeys: ReadonlySet<string> | undefined;
  /** Milliseconds since the epoch, for the tombstones. */
  readonly now: () => number;
  /** Only says what would go. */
  readonly dryRun: boolean;
}

/** What became of a chain of which records are old enough. */
export interface RetainedChain {
  readonly chainId: string;
  /** Of the last record that is old enough, together with all before it. */
  readonly throughSeq: number;
  /** Records removed or, in a dry run, to be removed. */
  readonly removed: number;
  /** Why nothing of the chain was removed: it does not verify. */
  readonly refusal: Finding | undefined;
}

/**
 * Removes from the beginning of each chain what is old enough, chain by chain, each in a transaction that leaves a signed
 * tombstone. A chain that does not verify is evidence, and stays whole.
 *
 * @throws {StorageError} when the log cannot be read or changed; the chains before are done then
 */
export async function* retain(store: AuditRetention, options: RetentionOptions): AsyncGenerator<RetainedChain> {
  const due = await store.snapshot((log) => prefixes(log, options.beforeMs));
  for (const [chainId, throughSeq] of due) {
    yield await store.change(async (log) => {
      const register = ofChain(chainId, await log.register());
      const { pages, prefix } = watchPrefix(log.ofChain(chainId, Number.MIN_SAFE_INTEGER, PAGE_MAX), throughSeq);
      const { findings } = await verifyAudit({ pages, register, checkpoints: [], trustedKeys: options.trustedKeys });
      const refusal = findings[0];
      if (refusal || options.dryRun) return { chainId, throughSeq, removed: refusal ? 0 : prefix.count, refusal };
      const { count, hash } = prefix;
      const statement = { chainId, throughSeq, hash, count, removedAtMs: options.now() };
      const removed = await log.remove(signTombstone(statement, options.signer));
      if (removed !== count) {
        throw new StorageError(`Cannot remove ${count} records of chain ${chainId}: the store removed ${removed}`);
      }
      return { chainId, throughSeq, removed, refusal: undefined };
    });
  }
}

/** How far each chain is old enough: up to its first record that is not. */
async function prefixes(log: AuditSnapshot, beforeMs: number): Promise<ReadonlyMap<string, number>> {
  const gone = new Map<string, number>();
  for (const { chainId, throughSeq } of (await log.register()).tombstones) {
    gone.set(chainId, Math.max(throughSeq, gone.get(chainId) ?? 0));
  }
  const young = await log.firstSeqsSince(beforeMs);
  const due = new Map<string, number>();
  for (const [chainId, last] of await log.lastSeqs()) {
    const first = young.get(chainId);
    const throughSeq = first === undefined ? last : first - 1;
    if (throughSeq > (gone.get(chainId) ?? 0)) due.set(chainId, throughSeq);
  }
  return due;
}

function ofChain(chainId: string, { openings, closings, tombstones }: Register): Register {
  const own = (one: { readonly chainId: string }) => one.chainId === chainId;
  return { openings: openings.filter(own), closings: closings.filter(own), tombstones: tombstones.filter(own) };
}

/** Takes note, while the pages are read, of how many records a prefix has and of its last one's hash. */
function watchPrefix(pages: AsyncIterable<readonly StoredAuditRecord[]>, throughSeq: number) {
  const prefix = { count: 0, hash: "" };
  async function* watched() {
    for await (const page of pages) {
      for (const { seq, hash } of page) {
        if (seq <= throughSeq) prefix.count++;
        if (seq === throughSeq) prefix.hash = hash;
      }
      yield page;
    }
  }
  return { pages: watched(), prefix };
}
