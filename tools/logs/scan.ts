import { hideInJsonBlocks } from "./json_blocks.ts";
import { type LogLine, parseLine, splitLog } from "./line.ts";
import { hidePrivateKeys } from "./private_keys.ts";
import type { LineFilter } from "./query.ts";
import { hideSecretManifests } from "./secret_manifests.ts";

/** What a search found in one log. */
export interface Scan {
  /** The newest lines that match, oldest first. */
  readonly lines: readonly LogLine[];
  /** Lines that match, those included that are not among `lines`. */
  readonly matched: number;
  /** Lines that were looked at, from the newest back. */
  readonly scanned: number;
  /** Lines in whose first characters nothing was found, and that are too long for the query to be searched further. */
  readonly clipped: number;
  /** Whether time ran out before the oldest line. */
  readonly endedEarly: boolean;
}

/** Milliseconds of matching after which others have their turn. */
const SLICE_MS = 5;

/**
 * The processor time that one search may take. Work on its logs happens one after the other and in slices, so that a
 * search that is slow slows itself, and no other call of the server.
 */
export class ScanBudget {
  readonly #now: () => number;
  #leftMs: number;
  #turn: Promise<unknown> = Promise.resolve();

  /** @param now a clock in milliseconds, for tests */
  constructor(totalMs: number, now: () => number = () => performance.now()) {
    this.#leftMs = totalMs;
    this.#now = now;
  }

  /** Looks through a log from its newest line back, so that what time does not suffice for is the oldest. */
  scan(text: string, filter: LineFilter, limit: number, signal: AbortSignal): Promise<Scan> {
    const scan = this.#turn.then(() => this.#scan(text, filter, limit, signal));
    this.#turn = scan.catch(() => {}); // Whoever asked hears of it.
    return scan;
  }

  async #scan(text: string, filter: LineFilter, limit: number, signal: AbortSignal): Promise<Scan> {
    const all = hideSecretManifests(hideInJsonBlocks(hidePrivateKeys(splitLog(text))));
    const lines: LogLine[] = [];
    let matched = 0;
    let clipped = 0;
    let index = all.length;
    let sliceStartMs = this.#now();
    const spend = () => this.#leftMs -= this.#now() - sliceStartMs;
    while (index > 0 && this.#leftMs > 0) {
      if (this.#now() - sliceStartMs >= SLICE_MS) {
        spend();
        await new Promise((resolve) => setTimeout(resolve, 0));
        signal.throwIfAborted();
        sliceStartMs = this.#now();
        continue;
      }
      index--;
      const line = parseLine(all[index] ?? "");
      const isLong = line.message.length > filter.charsMax;
      if (!filter.matches(isLong ? line.message.slice(0, filter.charsMax) : line.message)) {
        if (isLong) clipped++;
        continue;
      }
      matched++;
      if (lines.length < limit) lines.push(line);
    }
    spend();
    return { lines: lines.reverse(), matched, scanned: all.length - index, clipped, endedEarly: index > 0 };
  }
}
