import { setInterval } from "node:timers";
import { setTimeout as pause } from "node:timers/promises";
import type { AuditReader, AuditSnapshot, Register } from "../audit_reader.ts";
import type { Clock } from "../clock.ts";
import type { ChainHead } from "./chain.ts";
import { ChainCheck, FROM_THE_BEGINNING } from "./chain_check.ts";
import type { Finding } from "./finding.ts";
import { groupByChain, noStatements } from "./register_by_chain.ts";
import { checkStatements } from "./register_check.ts";

/** Records in a page: hashing them holds up the calls of this process for a millisecond or two. */
const PAGE_MAX = 100;
/** A page's time is followed by so many times it for the calls: a run takes a fifth of a processor at most. */
const PAUSES_A_PAGE = 4;
/** A store ends a transaction that does nothing for some seconds. */
const PAUSE_MS_MAX = 1000;
/** A run takes at most this part of the interval; what is left waits for the next. */
const RUN_PART = 0.5;
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

/** What is remembered of a chain that was verified. */
interface Known {
  readonly head: ChainHead | undefined;
  /** What there was of the chain: while it stays the same there is nothing to verify. */
  readonly amount: string;
}

/**
 * Watches the log. Every process does so for itself, for all chains: it trusts what it has seen and nothing that somebody
 * else could have written down. The history is verified once after the start, newest chains first.
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

class Watch {
  readonly #options: AuditWatchOptions;
  readonly #stopping = new AbortController();
  readonly #known = new Map<string, Known>();
  readonly #told = new Set<string>();
  /** What was missing at the last run. */
  #missing: ReadonlySet<string> = new Set();
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
    const { reader, clock, onFindings, onUnreadable } = this.#options;
    const findings: Finding[] = [];
    const missing = new Set<string>();
    try {
      await reader.snapshot((log) => this.#verify(log, findings, missing));
      this.#missing = missing;
      this.#state = { ...this.#state, lastRunMs: clock.now() };
    } catch (error) {
      if (!this.#stopping.signal.aborted) onUnreadable(error);
    }
    const fresh = findings.filter((finding) => this.#isNew(finding));
    if (fresh.length === 0) return;
    this.#state = { ...this.#state, findings: this.#state.findings + fresh.length };
    onFindings(fresh);
  }

  async #verify(log: AuditSnapshot, findings: Finding[], missing: Set<string>): Promise<void> {
    const { clock, everyMs } = this.#options;
    const untilMs = clock.elapsed() + everyMs * RUN_PART;
    const byChain = groupByChain(await log.register());
    const ends = await log.lastSeqs();
    const chains = new Set([...ends.keys(), ...byChain.keys(), ...this.#known.keys()]);
    // Ids of chains grow with time.
    for (const chainId of [...chains].sort().reverse()) {
      const statements = byChain.get(chainId) ?? noStatements();
      const { openings, closings, tombstones } = statements;
      const amount = [ends.get(chainId), openings.length, closings.length, tombstones.length].join();
      if (this.#known.get(chainId)?.amount === amount) continue;
      const found: Finding[] = [];
      const { head, isWhole } = await this.#verifyChain(log, chainId, statements, untilMs, found);
      const held = found.filter((finding) => finding.kind === "missing" && !this.#missing.has(keyOf(finding)));
      for (const finding of found) if (finding.kind === "missing") missing.add(keyOf(finding));
      findings.push(...found.filter((finding) => !held.includes(finding)));
      // Where something may only be late, the next run begins at the same place.
      if (held.length === 0) this.#known.set(chainId, { head, amount: isWhole ? amount : "" });
      if (clock.elapsed() > untilMs) return;
    }
  }

  async #verifyChain(log: AuditSnapshot, chainId: string, statements: Register, untilMs: number, found: Finding[]) {
    const { clock, trustedKeys } = this.#options;
    const head = this.#known.get(chainId)?.head;
    const start = head ?? FROM_THE_BEGINNING;
    const said = checkStatements(chainId, { ...statements, checkpoints: [] }, trustedKeys);
    const check = new ChainCheck(chainId, said, start, (finding) => found.push(finding));
    let isWhole = true;
    let startedMs = clock.elapsed();
    for await (const page of log.ofChain(chainId, start.seq, PAGE_MAX)) {
      for (const record of page) check.add(record);
      const added = page.filter(({ seq }) => seq !== head?.seq).length;
      this.#state = { ...this.#state, verified: this.#state.verified + added };
      const pauseMs = Math.min((clock.elapsed() - startedMs) * PAUSES_A_PAGE, PAUSE_MS_MAX);
      await pause(pauseMs, undefined, { signal: this.#stopping.signal, ref: false });
      startedMs = clock.elapsed();
      isWhole = startedMs < untilMs || page.length < PAGE_MAX;
      if (!isWhole) break;
    }
    return { head: check.end({ isWhole }).head, isWhole };
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
