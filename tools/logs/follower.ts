import { setTimeout as sleep } from "node:timers/promises";
import { ToolError } from "../error.ts";
import type { LogBackend, LogCall, LogQuery } from "./backend.ts";
import { compareMoments, parseMoment } from "./line.ts";
import { hideInLoneLine } from "./lone_lines.ts";
import type { LogEntry } from "./merge.ts";

export interface FollowOptions {
  /** Milliseconds between two looks; 2,000 where left out. */
  readonly pollMs?: number;
  /** A clock in milliseconds that only goes forward, for tests. */
  readonly elapsed?: () => number;
}

/** What was written meanwhile. */
export interface Followed {
  /** In the order of time. */
  readonly lines: readonly LogEntry[];
  /** Whether more was written than was read. */
  readonly missed: boolean;
  readonly warnings: readonly string[];
  readonly followedMs: number;
}

/** Lines of one look. */
const LOOK_LINES_MAX = 1_000;
/** Each look goes so far back before the last one: lines come late, and clocks differ. */
const OVERLAP_MS = 2_000;
/** Of a line, what it is known again by. */
const KNOWN_CHARS = 200;

/**
 * Follows logs by looking again and again: unlike one open stream a container this sees pods that start meanwhile, is
 * the same of any backend, and leaves nothing open. A line is given once.
 */
export class Follower {
  readonly #backend: LogBackend;
  readonly #scope: Pick<LogQuery, "namespace" | "pod" | "container" | "query">;
  readonly #pollMs: number;
  readonly #elapsed: () => number;
  readonly #known = new Set<string>();
  readonly #warnings = new Set<string>();
  readonly #lines: LogEntry[] = [];
  #missed = false;

  constructor(
    backend: LogBackend,
    scope: Pick<LogQuery, "namespace" | "pod" | "container" | "query">,
    { pollMs, elapsed }: Required<FollowOptions>,
  ) {
    this.#backend = backend;
    this.#scope = scope;
    this.#pollMs = pollMs;
    this.#elapsed = elapsed;
  }

  /**
   * Looks until the time is over or there are enough lines; tells how many there are, never what is in them.
   *
   * @throws {ToolError} as the backend, at the first look; or the reason of the call's signal.
   */
  async follow(seconds: number, enough: number, call: LogCall): Promise<Followed> {
    const startMs = this.#elapsed();
    let lastMs: number | undefined;
    for (;;) {
      const nowMs = this.#elapsed();
      // Never further back than a second before it began.
      const backMs = lastMs === undefined ? 1_000 : Math.min(nowMs - lastMs + OVERLAP_MS, nowMs - startMs + 1_000);
      if (await this.#look(Math.max(1, Math.ceil(backMs / 1000)), lastMs === undefined, call)) lastMs = nowMs;
      const passedMs = this.#elapsed() - startMs;
      const progress = Math.min(seconds, Math.floor(passedMs / 1000));
      call.notify({ progress, total: seconds, message: `${this.#lines.length} lines so far` });
      const leftMs = seconds * 1000 - passedMs;
      if (leftMs <= 0 || this.#lines.length >= enough) return this.#end(passedMs);
      await sleep(Math.min(this.#pollMs, leftMs), undefined, { signal: call.signal }).catch(() => {});
      call.signal.throwIfAborted();
    }
  }

  /** @returns whether the logs could be read */
  async #look(sinceSeconds: number, isFirst: boolean, call: LogCall): Promise<boolean> {
    const query = { ...this.#scope, sinceSeconds, runs: "current" as const, limit: LOOK_LINES_MAX, context: 0 };
    try {
      const finds = await this.#backend.search(query, { ...call, signal: call.signal, notify: () => {} });
      this.#take(finds.entries);
      this.#missed ||= finds.matched > finds.entries.length;
      if (finds.matched > 0) { for (const warning of finds.warnings) this.#warnings.add(warning); }
      return true;
    } catch (error) {
      call.signal.throwIfAborted();
      if (isFirst || !(error instanceof ToolError)) throw error;
      this.#warnings.add(`Could not look for a while: ${error.message}`);
      return false;
    }
  }

  #take(entries: readonly LogEntry[]): void {
    for (const entry of entries) {
      const { timestamp, pod, container, message } = entry;
      const key = `${timestamp} ${pod}/${container} ${message.slice(0, KNOWN_CHARS)}`;
      if (this.#known.has(key)) continue;
      this.#known.add(key);
      // A look may begin within a key whose first line is older, and whose last is not yet written.
      this.#lines.push({ ...entry, message: hideInLoneLine(message) });
    }
  }

  #end(followedMs: number): Followed {
    const dated = this.#lines.map((line) => ({
      line,
      moment: parseMoment(line.timestamp) ?? { seconds: 0, nanos: 0 },
    }));
    const lines = dated.toSorted((a, b) => compareMoments(a.moment, b.moment)).map(({ line }) => line);
    return { lines, missed: this.#missed, warnings: [...this.#warnings], followedMs };
  }
}
