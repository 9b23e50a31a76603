import { setTimeout as pause } from "node:timers/promises";
import type { StoredAuditRecord } from "../audit_log.ts";
import type { AuditReader, AuditSnapshot } from "../audit_reader.ts";
import type { Clock } from "../clock.ts";
import type { CheckedPart, RecordCheck } from "../record_check.ts";
import { ChainCheck } from "./chain_check.ts";
import type { Checkpoint } from "./checkpoint.ts";
import type { Finding } from "./finding.ts";
import { hashRecord } from "./hash.ts";
import { type Anchor, type CheckedStatements, checkStatements } from "./register_check.ts";

/** How far from the record, in records, something signed is looked for that its part of the chain is held to. */
const REACH_RECORDS = 1000;
/** What a check may take; a page more at most. */
const DEADLINE_MS = 3000;
/** Neighbours are few; of a longer part a page at a time is in memory. */
const NEIGHBOURS_PAGE = 8;
const PART_PAGE = 100;
/** Findings that are told; one is enough to say that the record cannot be trusted. */
const FINDINGS_MAX = 20;

export interface RecordCheckOptions {
  readonly reader: AuditReader;
  /** As in `VerifyInput`. */
  readonly trustedKeys: ReadonlySet<string> | undefined;
  /** Of this process's own chain. */
  readonly lastCheckpoint: () => Checkpoint | undefined;
  readonly clock: Pick<Clock, "elapsed">;
  /** As the constants above, which a test makes smaller. */
  readonly reachRecords?: number;
  readonly deadlineMs?: number;
}

export function createRecordCheck(options: RecordCheckOptions): RecordCheck {
  const { reader, trustedKeys, clock, reachRecords = REACH_RECORDS, deadlineMs = DEADLINE_MS } = options;
  return {
    check(record, signal) {
      const untilMs = clock.elapsed() + deadlineMs;
      // Before the snapshot: what it tells of is durable.
      const checkpoint = options.lastCheckpoint();
      return reader.snapshot(async (log) => {
        const said = await statementsOf(log, record, checkpoint, trustedKeys);
        const read = (part: CheckedPart, pageMax: number) =>
          readPart(log, record.chainId, said, part, { pageMax, signal, isLate: () => clock.elapsed() > untilMs });
        const neighbours = { fromSeq: record.seq - 1, throughSeq: record.seq + 1 };
        const near = await read(neighbours, NEIGHBOURS_PAGE);
        const place = anchorsAround(said, record.seq, reachRecords);
        const part = {
          fromSeq: Math.min(place.before?.seq ?? Infinity, neighbours.fromSeq),
          throughSeq: Math.max(place.behind?.seq ?? 0, neighbours.throughSeq),
        };
        const isWider = part.fromSeq < neighbours.fromSeq || part.throughSeq > neighbours.throughSeq;
        const wide = isWider ? await read(part, PART_PAGE) : near;
        const isRead = wide.isRead;
        return {
          computedHash: hashRecord(record),
          part: isRead ? part : neighbours,
          isLast: near.lastSeq <= record.seq,
          isOpened: said.opening !== undefined,
          before: isRead || place.before === undefined || place.before.seq >= neighbours.fromSeq
            ? place.before?.source
            : undefined,
          behind: isRead || place.behind === undefined || place.behind.seq <= neighbours.throughSeq
            ? place.behind?.source
            : undefined,
          late: isRead ? undefined : part,
          anyKey: trustedKeys === undefined,
          findings: isRead ? wide.findings : near.findings,
        };
      });
    },
  };
}

async function statementsOf(
  log: AuditSnapshot,
  { chainId }: StoredAuditRecord,
  checkpoint: Checkpoint | undefined,
  trustedKeys: ReadonlySet<string> | undefined,
): Promise<CheckedStatements> {
  const register = await log.registerOf(chainId);
  const own = checkpoint?.chainId === chainId && await isThere(log, checkpoint) ? [checkpoint] : [];
  return checkStatements(chainId, { ...register, checkpoints: own }, trustedKeys);
}

/** What was checkpointed may still wait in the spool: then nothing is said of it. */
async function isThere(log: AuditSnapshot, { chainId, seq }: Checkpoint): Promise<boolean> {
  for await (const page of log.ofChain(chainId, seq, 1)) return page.length > 0;
  return false;
}

/** The nearest places to both sides of a record that somebody has signed, where they are within reach. */
function anchorsAround({ opening, tombstone, anchors }: CheckedStatements, seq: number, reachRecords: number) {
  type Nearest = Pick<Anchor, "seq" | "source">;
  const begin: Nearest | undefined = tombstone
    ? { seq: tombstone.throughSeq, source: "The tombstone that retention left" }
    : opening && { seq: 0, source: "The signed opening of the chain" };
  const earlier = [...(begin ? [begin] : []), ...anchors];
  const before = earlier.filter((anchor) => anchor.seq < seq).sort((a, b) => b.seq - a.seq)[0];
  const behind = anchors.find((anchor) => anchor.seq >= seq);
  return {
    before: before && seq - before.seq <= reachRecords ? before : undefined,
    behind: behind && behind.seq - seq <= reachRecords ? behind : undefined,
  };
}

interface ReadOptions {
  readonly pageMax: number;
  readonly signal: AbortSignal;
  readonly isLate: () => boolean;
}

/** Verifies a part of a chain, `isRead` if it was in time. */
async function readPart(
  log: AuditSnapshot,
  chainId: string,
  said: CheckedStatements,
  { fromSeq, throughSeq }: CheckedPart,
  { pageMax, signal, isLate }: ReadOptions,
) {
  const findings: Finding[] = [];
  const check = new ChainCheck(chainId, said, { seq: fromSeq }, (finding) => {
    if (findings.length < FINDINGS_MAX) findings.push(finding);
  });
  let lastSeq = 0;
  // Until more is read than was asked for, the chain's end is what is read to.
  let isWhole = true;
  let isRead = true;
  for await (const page of log.ofChain(chainId, fromSeq, pageMax)) {
    signal.throwIfAborted();
    for (const record of page) {
      // Where the last place is empty, the record behind it shows the gap.
      if (record.seq > throughSeq && lastSeq >= throughSeq) break;
      lastSeq = record.seq;
      check.add(record);
    }
    isWhole = (page.at(-1)?.seq ?? 0) <= throughSeq;
    if (!isWhole) break;
    if (page.length === pageMax && isLate()) {
      isRead = false;
      break;
    }
    await pause(0, undefined, { signal });
  }
  check.end({ isWhole: isWhole && isRead });
  return { findings, lastSeq, isRead };
}
