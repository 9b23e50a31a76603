import type { Register } from "../audit_reader.ts";
import type { ChainClosing, ChainOpening, Tombstone } from "../chain_register.ts";
import { printTimestamp } from "./columns.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { type Finding, ofChain } from "./finding.ts";
import { isCheckpointSigned, isClosingSigned, isOpeningSigned, isTombstoneSigned } from "./statements.ts";

/** What is said of one chain, and by whom it may be. */
export interface Statements extends Register {
  readonly checkpoints: readonly Checkpoint[];
}

/** The hash that a place of a chain must have, because somebody trusted said so. */
export interface Anchor {
  readonly seq: number;
  readonly hash: string;
  /** Begins a sentence: who says so. */
  readonly source: string;
  readonly isCheckpoint: boolean;
}

/** What can be believed of what is said of a chain. */
export interface CheckedStatements {
  /** `undefined` where nobody who is trusted has opened the chain. */
  readonly opening: ChainOpening | undefined;
  readonly closing: ChainClosing | undefined;
  /** The last one: what is left begins behind it. */
  readonly tombstone: Tombstone | undefined;
  /** Records that retention removed. */
  readonly removed: number;
  /** Sorted by `seq`. */
  readonly anchors: readonly Anchor[];
  /** What cannot be believed. */
  readonly findings: readonly Finding[];
}

/**
 * Checks every signature of what is said of a chain.
 *
 * @param trustedKeys whose openings, tombstones and checkpoints count; `undefined`: anybody's who signs with the key that
 * he names, which an intruder can do too
 */
export function checkStatements(
  chainId: string,
  { openings, closings, tombstones, checkpoints }: Statements,
  trustedKeys: ReadonlySet<string> | undefined,
): CheckedStatements {
  const findings: Finding[] = [];
  const accept = (what: string, seq: number | undefined, publicKey: string, isSigned: boolean): boolean => {
    if (!isSigned) findings.push(ofChain("forged", chainId, seq, `The signature of the ${what} does not hold`));
    else if (trustedKeys && !trustedKeys.has(publicKey)) {
      findings.push(
        ofChain("forged", chainId, seq, `The ${what} is signed with ${publicKey}, which is no trusted key`),
      );
    } else return true;
    return false;
  };

  const [opening, ...others] = openings.filter((one) =>
    accept(`opening of ${when(one.openedAtMs)}`, undefined, one.publicKey, isOpeningSigned(one))
  );
  if (others.length > 0) findings.push(ofChain("forged", chainId, undefined, "The chain was opened more than once"));

  const [closing, ...further] = opening === undefined
    ? []
    : closings.filter((one) =>
      accept(`closing of ${when(one.closedAtMs)}`, one.seq, opening.publicKey, isClosingSigned(one, opening.publicKey))
    );
  if (further.length > 0) findings.push(ofChain("forged", chainId, undefined, "The chain was closed more than once"));

  const removals = tombstones.filter((one) =>
    accept(`tombstone of ${when(one.removedAtMs)}`, one.throughSeq, one.publicKey, isTombstoneSigned(one))
  ).toSorted((a, b) => a.throughSeq - b.throughSeq);
  let removed = 0;
  for (const { throughSeq, count } of removals) {
    if (throughSeq - removed !== count) {
      const reason =
        `A tombstone tells of ${count} records through seq ${throughSeq}, but those before it of ${removed}`;
      findings.push(ofChain("missing", chainId, removed + 1, reason));
    }
    removed = throughSeq;
  }

  const stated = checkpoints.filter((one) => {
    const what = `checkpoint of ${when(one.atMs)}`;
    if (!accept(what, one.seq, one.publicKey, isCheckpointSigned(one))) return false;
    if (trustedKeys || !opening || one.publicKey === opening.publicKey) return true;
    const reason = `The ${what} is signed with ${one.publicKey}, but the opening with ${opening.publicKey}`;
    findings.push(ofChain("forged", chainId, one.seq, reason));
    return false;
  });
  const anchors = stated.filter(({ seq }) => seq > 0).map(({ seq, hash, atMs }) => ({
    seq,
    hash,
    source: `The checkpoint of ${when(atMs)}`,
    isCheckpoint: true,
  }));
  if (closing) {
    const { seq, hash, closedAtMs } = closing;
    anchors.push({ seq, hash, source: `The closing of ${when(closedAtMs)}`, isCheckpoint: false });
  }
  return {
    opening,
    closing,
    tombstone: removals.at(-1),
    removed,
    anchors: anchors.toSorted((a, b) => a.seq - b.seq),
    findings,
  };
}

/** A time in words; what somebody put in by hand may be none. */
function when(ms: number): string {
  return Number.isNaN(ms) ? "no time" : `${printTimestamp(ms)} UTC`;
}
