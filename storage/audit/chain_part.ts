import { setTimeout as pause } from "node:timers/promises";
import type { AuditSnapshot, Register } from "../audit_reader.ts";
import type { Clock } from "../clock.ts";
import type { ChainHead } from "./chain.ts";
import { ChainCheck, FROM_THE_BEGINNING } from "./chain_check.ts";
import type { Finding } from "./finding.ts";
import { checkStatements } from "./register_check.ts";

/** Records in a page: hashing them holds up the calls of this process for a millisecond or two. */
const PAGE_MAX = 100;
/** A page's time is followed by so many times it for the calls: a fifth of a processor is taken at most. */
const PAUSES_A_PAGE = 4;
/** A store ends a transaction that does nothing for some seconds. */
const PAUSE_MS_MAX = 1000;

/** What is verified at once: a chain from a head on. */
export interface ChainPart {
  readonly chainId: string;
  readonly statements: Register;
  /** As it was verified before; `undefined`: from the chain's beginning. */
  readonly from: ChainHead | undefined;
  /** Of the last record that is there; `undefined` where none is. */
  readonly lastSeq: number | undefined;
}

/** How far it may go, at least one page. */
export interface PartOptions {
  /** As in `VerifyInput`. */
  readonly trustedKeys: ReadonlySet<string> | undefined;
  readonly clock: Clock;
  /** By the clock that never steps back. */
  readonly untilMs: number;
  readonly recordsMax: number;
  readonly signal: AbortSignal;
}

/** What became of it. */
export interface VerifiedPart {
  readonly found: readonly Finding[];
  /** Where to go on. */
  readonly head: ChainHead | undefined;
  /** Records that had not been verified before. */
  readonly records: number;
  /** Whether the chain's end was reached. */
  readonly isWhole: boolean;
}

/** Verifies a part of a chain in small steps, which leave the processor to others. @throws where the signal aborts it */
export async function verifyPart(
  log: AuditSnapshot,
  { chainId, statements, from, lastSeq }: ChainPart,
  { trustedKeys, clock, untilMs, recordsMax, signal }: PartOptions,
): Promise<VerifiedPart> {
  let startedMs = clock.elapsed();
  const found: Finding[] = [];
  const said = checkStatements(chainId, { ...statements, checkpoints: [] }, trustedKeys);
  // Of a chain that was cut off, the last record that is left: what is gone begins behind it.
  const start = from && lastSeq !== undefined
    ? { seq: Math.min(from.seq, lastSeq), known: from }
    : { ...FROM_THE_BEGINNING, known: from };
  const check = new ChainCheck(chainId, said, start, (finding) => found.push(finding));
  let records = 0;
  let isWhole = true;
  for await (const page of log.ofChain(chainId, start.seq, PAGE_MAX)) {
    for (const record of page) check.add(record);
    records += page.filter(({ seq }) => seq !== from?.seq).length;
    const pauseMs = Math.min((clock.elapsed() - startedMs) * PAUSES_A_PAGE, PAUSE_MS_MAX);
    await pause(pauseMs, undefined, { signal });
    startedMs = clock.elapsed();
    isWhole = page.length < PAGE_MAX || (startedMs < untilMs && records < recordsMax);
    if (!isWhole) break;
  }
  return { found, head: check.end({ isWhole }).head, records, isWhole };
}
