import type { StoredAuditRecord } from "../audit_log.ts";
import type { Register } from "../audit_reader.ts";
import type { ChainHead } from "./chain.ts";
import { ChainCheck, type ChainStart } from "./chain_check.ts";
import type { Checkpoint } from "./checkpoint.ts";
import type { Finding } from "./finding.ts";
import { groupByChain, noStatements } from "./register_by_chain.ts";
import { checkStatements } from "./register_check.ts";

/** Findings that are kept; the rest is counted. */
const FINDINGS_MAX = 1000;

/** What is verified, and against what. */
export interface VerifyInput {
  /** Chain by chain, each by `seq` and, where two records claim one, by `id`. */
  readonly pages: AsyncIterable<readonly StoredAuditRecord[]>;
  readonly register: Register;
  /** From outside the database. */
  readonly checkpoints: Iterable<Checkpoint>;
  /** Public keys that count; `undefined`: any, and then a chain made up as a whole is not told from a true one. */
  readonly trustedKeys: ReadonlySet<string> | undefined;
  /** Where the pages begin for chains of which they do not have the beginning. */
  readonly starts?: ReadonlyMap<string, ChainStart>;
}

/** What a verification found. */
export interface Verification {
  readonly records: number;
  /** Chains with a record, a statement or a start. */
  readonly chains: number;
  /** Records that retention has removed, by its tombstones. */
  readonly removed: number;
  /** Records behind their chain's last checkpoint: as they are linked, but their end may have been cut off. */
  readonly unanchored: number;
  /** Chains without an orderly closing, because of a crash or since they still grow. */
  readonly unclosed: readonly string[];
  /** In the order of the chains; at most 1,000 of them. */
  readonly findings: readonly Finding[];
  /** All of them. */
  readonly findingCount: number;
  /** Where each chain that has a record ends. */
  readonly heads: ReadonlyMap<string, ChainHead>;
}

/**
 * Recomputes every hash and every signature. Its memory grows with the chains, not with their records.
 *
 * @throws whatever reading the pages throws
 */
export async function verifyAudit(input: VerifyInput): Promise<Verification> {
  const statements = groupByChain(input.register);
  const checkpoints = Map.groupBy(input.checkpoints, ({ chainId }) => chainId);
  const unseen = new Set([...statements.keys(), ...checkpoints.keys(), ...input.starts?.keys() ?? []]);
  const findings: Finding[] = [];
  const heads = new Map<string, ChainHead>();
  const unclosed: string[] = [];
  const sums = { records: 0, chains: 0, removed: 0, unanchored: 0, findingCount: 0 };
  const onFinding = (finding: Finding) => {
    sums.findingCount++;
    if (findings.length < FINDINGS_MAX) findings.push(finding);
  };

  const begin = (chainId: string) => {
    unseen.delete(chainId);
    const own = { ...statements.get(chainId) ?? noStatements(), checkpoints: checkpoints.get(chainId) ?? [] };
    const said = checkStatements(chainId, own, input.trustedKeys);
    const check = new ChainCheck(chainId, said, input.starts?.get(chainId), onFinding);
    const end = () => {
      const { records, unanchored, head } = check.end();
      sums.chains++;
      sums.records += records;
      sums.removed += said.removed;
      sums.unanchored += unanchored;
      if (head) heads.set(chainId, head);
      if (head && !said.closing) unclosed.push(chainId);
    };
    return { chainId, check, end };
  };

  let current: ReturnType<typeof begin> | undefined;
  for await (const page of input.pages) {
    for (const record of page) {
      if (current?.chainId !== record.chainId) {
        current?.end();
        current = begin(record.chainId);
      }
      current.check.add(record);
    }
  }
  current?.end();
  // What is told of chains that have no record any more.
  for (const chainId of [...unseen]) begin(chainId).end();
  return { ...sums, unclosed, findings, heads };
}
