import { setInterval } from "node:timers";
import type { AuditReader, AuditSnapshot, Register } from "../audit_reader.ts";
import type { Clock } from "../clock.ts";
import type { ChainHead } from "./chain.ts";
import { type ChainPart, type VerifiedPart, verifyPart } from "./chain_part.ts";
import type { Finding } from "./finding.ts";
import { groupByChain, noStatements } from "./register_by_chain.ts";

/** A run takes at most this part of the interval; what is left waits for the next. */
const RUN_PART = 0.5;
/** Records of the history that a run verifies again, if not told otherwise. */
const SWEEP_RECORDS = 10_000;
/** What a chain costs at least, in records. */
const CHAIN_RECORDS = 100;
/** Findings that are told one by one. */
const TOLD_MAX = 1000;
/** Milliseconds that a stop waits for a run that a store holds up. */
const STOP_MS = 200;

export interface AuditWatchOptions {
  readonly reader: AuditReader;
  readonly everyMs: number;
  /** As in `VerifyInput`. */
  readonly trustedKeys: ReadonlySet<string> | undefined;
  readonly clock: Clock;
  /** Records of the history that a run verifies again; it goes on to the end of a page. */
  readonly sweepRecords?: number;
  /** Told of what a run found that was not told before, at least one. Must not throw. */
  readonly onFindings: (findings: readonly Finding[]) => void;
  /** Told that a run could not read the log. Must not throw. */
  readonly onUnreadable: (error: unknown) => void;
}

/** What the runs came to. */
export interface WatchState {
  readonly verified: number;
  readonly findings: number;
  /** End of the last run that could read all it wanted, in milliseconds since the epoch. */
  readonly lastRunMs: number | undefined;
}

/** Verifies the log again and again, each time what was added since. */
export interface AuditWatch extends AsyncDisposable {
  readonly state: WatchState;
  /** Runs now; the timer does so by itself. Never rejects, and never runs twice at once. */
  run(): Promise<void>;
}

/**
 * Watches the log. Every process does so for itself, for all chains: it trusts what it has seen and nothing that somebody
 * else could have written down. The history is verified after the start, newest chains first, and then again and again in
 * small parts, so that a late change of an old record does not stay unseen.
 *
 * Records that a spool holds reach the log later than their successors, so what is missing is told only when it is still
 * missing at the next run.
 */
export function createAuditWatch(options: AuditWatchOptions): AuditWatch {
  const watch = new Watch(options);
  const timer = setInterval(() => watch.run(), options.everyMs).unref();
  return {
    get state() {
      return watch.state;
    },
    run: () => watch.run(),
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await watch.stop();
    },
  };
}

/** What is remembered of a chain that was verified. */
interface Known {
  readonly head: ChainHead | undefined;
  /** What there was of the chain: while it stays the same there is nothing new to verify. */
  readonly amount: string;
}

/** A run's bounds, what it read and what it found. */
interface Run {
  readonly log: AuditSnapshot;
  readonly byChain: ReadonlyMap<string, Register>;
  /** The last `seq` of each chain. */
  readonly ends: ReadonlyMap<string, number>;
  /** By the clock that never steps back. */
  readonly untilMs: number;
  readonly findings: Finding[];
  /** What is missing, also where it may only be late. */
  readonly missing: Set<string>;
}

class Watch {
  readonly #options: AuditWatchOptions;
  readonly #stopping = new AbortController();
  readonly #known = new Map<string, Known>();
  readonly #told = new Set<string>();
  /** What was missing at the last run. */
  #missing: ReadonlySet<string> = new Set();
  /** Where the sweep through the history stands; `undefined` at its beginning. */
  #swept: Pick<ChainPart, "chainId" | "from"> | undefined;
  #running: Promise<void> | undefined;
  #state: WatchState = { verified: 0, findings: 0, lastRunMs: undefined };

  constructor(options: AuditWatchOptions) {
    this.#options = options;
  }

  get state(): WatchState {
    return this.#state;
  }

  run(): Promise<void> {
    return this.#running ??= this.#run().finally(() => this.#running = undefined);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, STOP_MS);
    await Promise.race([this.#running, late]);
    clearTimeout(timer);
  }

  async #run(): Promise<void> {
    const { reader, everyMs, clock, onFindings, onUnreadable } = this.#options;
    const untilMs = clock.elapsed() + everyMs * RUN_PART;
    const findings: Finding[] = [];
    try {
      await reader.snapshot(async (log) => {
        const byChain = groupByChain(await log.register());
        const run = { log, byChain, ends: await log.lastSeqs(), untilMs, findings, missing: new Set<string>() };
        await this.#verify(run);
        this.#missing = run.missing;
      });
      this.#state = { ...this.#state, lastRunMs: clock.now() };
    } catch (error) {
      if (!this.#stopping.signal.aborted) onUnreadable(error);
    }
    const fresh = findings.filter((finding) => this.#isNew(finding));
    if (fresh.length === 0) return;
    this.#state = { ...this.#state, findings: this.#state.findings + fresh.length };
    onFindings(fresh);
  }

  async #verify(run: Run): Promise<void> {
    const { byChain, ends } = run;
    // Ids of chains grow with time: the newest first.
    const chains = [...new Set([...ends.keys(), ...byChain.keys(), ...this.#known.keys()])].sort().reverse();
    for (const chainId of chains) {
      const { openings, closings, tombstones } = byChain.get(chainId) ?? noStatements();
      const amount = [ends.get(chainId), openings.length, closings.length, tombstones.length].join();
      const known = this.#known.get(chainId);
      if (known?.amount === amount) continue;
      const { head, isWhole, isHeld } = await this.#verifyPart({ chainId, from: known?.head }, run);
      // Where something may only be late, the next run begins at the same place.
      if (!isHeld) this.#known.set(chainId, { head, amount: isWhole ? amount : "" });
      if (!isWhole || this.#isLate(run)) return;
    }
    await this.#sweep(run, chains);
  }

  /** Verifies a part of the history again, where the last run left off. */
  async #sweep(run: Run, chains: readonly string[]): Promise<void> {
    const swept = this.#swept;
    let recordsMax = this.#options.sweepRecords ?? SWEEP_RECORDS;
    // What was added since the sweep began comes with the next one.
    for (const chainId of chains.filter((chainId) => swept === undefined || chainId <= swept.chainId)) {
      const from = chainId === swept?.chainId ? swept.from : undefined;
      const { head, records, isWhole, isHeld } = await this.#verifyPart({ chainId, from }, run, recordsMax);
      if (isHeld) return;
      this.#swept = { chainId, from: head };
      recordsMax -= Math.max(records, CHAIN_RECORDS);
      if (!isWhole || recordsMax <= 0 || this.#isLate(run)) return;
    }
    this.#swept = undefined;
  }

  /** `isHeld`: something is missing that may only be late. */
  async #verifyPart(
    part: Pick<ChainPart, "chainId" | "from">,
    { log, byChain, ends, untilMs, findings, missing }: Run,
    recordsMax = Infinity,
  ): Promise<VerifiedPart & { readonly isHeld: boolean }> {
    const { trustedKeys, clock } = this.#options;
    const statements = byChain.get(part.chainId) ?? noStatements();
    const { signal } = this.#stopping;
    const options = { trustedKeys, clock, untilMs, recordsMax, signal };
    const lastSeq = ends.get(part.chainId);
    const verified = await verifyPart(log, { ...part, statements, lastSeq }, options);
    this.#state = { ...this.#state, verified: this.#state.verified + verified.records };
    let isHeld = false;
    for (const finding of verified.found) {
      const key = keyOf(finding);
      if (finding.kind === "missing") missing.add(key);
      if (finding.kind !== "missing" || this.#missing.has(key)) findings.push(finding);
      else isHeld = true;
    }
    return { ...verified, isHeld };
  }

  #isLate({ untilMs }: Run): boolean {
    return this.#options.clock.elapsed() > untilMs;
  }

  #isNew(finding: Finding): boolean {
    const key = keyOf(finding);
    if (this.#told.has(key) || this.#told.size >= TOLD_MAX) return false;
    this.#told.add(key);
    return true;
  }
}

function keyOf({ kind, chainId, seq, id }: Finding): string {
  return [kind, chainId, seq, id].join();
}
