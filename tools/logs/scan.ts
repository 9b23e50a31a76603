import { cleanText } from "../untrusted/clean.ts";
import { hideInJsonBlocks } from "./json_blocks.ts";
import { type LogLine, parseLine, splitLog } from "./line.ts";
import type { FoundLine } from "./merge.ts";
import { hidePrivateKeys } from "./private_keys.ts";
import type { LineFilter } from "./query.ts";
import { hideSecretManifests } from "./secret_manifests.ts";

/** What is looked for in one log. */
export interface ScanRequest {
  readonly filter: LineFilter;
  /** Lines to keep. */
  readonly limit: number;
  /** Lines to keep before and after each that matches; none where left out. */
  readonly context?: number | undefined;
  /** Told of every line that matches, newest first. */
  readonly onMatch?: ((line: LogLine) => void) | undefined;
}

/** What a search found in one log. */
export interface Scan {
  /** The newest lines that match, with those around them, oldest first. */
  readonly lines: readonly FoundLine[];
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
  scan(text: string, request: ScanRequest, signal: AbortSignal): Promise<Scan> {
    const scan = this.#turn.then(() => this.#scan(text, request, signal));
    this.#turn = scan.catch(() => {}); // Whoever asked hears of it.
    return scan;
  }

  async #scan(
    text: string,
    { filter, limit, context = 0, onMatch }: ScanRequest,
    signal: AbortSignal,
  ): Promise<Scan> {
    const all = hideInSeveralLines(text);
    /** Places of the newest lines that match, newest first. */
    const places: number[] = [];
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
      onMatch?.(line);
      if (places.length < limit) places.push(index);
    }
    spend();
    const lines = linesAround(all, places, context).slice(-limit);
    return { lines, matched, scanned: all.length - index, clipped, endedEarly: index > 0 };
  }
}

/** The lines of a log, clean, without secrets that span several of them: what is not seen could part their words. */
function hideInSeveralLines(text: string): readonly string[] {
  const lines = splitLog(text);
  const seen = cleanText(text) === text ? lines : lines.map(cleanText);
  return hideSecretManifests(hideInJsonBlocks(hidePrivateKeys(seen)));
}

/** Lines at places, newest first, with those around each; oldest first, each once. */
function linesAround(all: readonly string[], places: readonly number[], context: number): FoundLine[] {
  const lines: FoundLine[] = [];
  const matching = new Set(places);
  let next = 0;
  for (const place of places.toReversed()) {
    for (let at = Math.max(next, place - context); at <= Math.min(all.length - 1, place + context); at++) {
      const line = parseLine(all[at] ?? "");
      lines.push(matching.has(at) ? line : { ...line, context: true });
      next = at + 1;
    }
  }
  return lines;
}
