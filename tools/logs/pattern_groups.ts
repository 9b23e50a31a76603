import { compareMoments, type Moment, parseMoment } from "./line.ts";
import { maskMessage, type Severity, severityOf } from "./mask.ts";
import type { LogEntry } from "./merge.ts";
import { cutMessage } from "./reply.ts";

/** Lines that are alike. */
export interface LogPattern {
  /** What they have in common, with marks in place of what differs. */
  readonly pattern: string;
  readonly level?: Severity;
  readonly count: number;
  /** RFC 3339; empty where no line has a time. */
  readonly first: string;
  readonly last: string;
  /** The newest of them. */
  readonly example: string;
  readonly pods: readonly string[];
  /** Pods beside those. */
  readonly more_pods?: number;
}

const PATTERNS_MAX = 1_000;
/** Patterns of one beginning and length that a line is compared with. */
const COMPARED_MAX = 50;
/** Masked lines that are remembered with their pattern. */
const KNOWN_MAX = 5_000;
/** Of a line, what it is told by. */
const MESSAGE_CHARS_MAX = 600;
const SHOWN_CHARS_MAX = 240;
const PODS_SHOWN_MAX = 3;
const PODS_MAX = 1_000;
/** Words of all that two lines of one pattern have in common. */
const ALIKE_MIN = 0.6;
const DIFFERS = "<*>";

interface Group {
  /** Words at even places, what stands between them at odd ones. */
  words: string[];
  readonly level: Severity | undefined;
  readonly pods: Set<string>;
  count: number;
  first: At | undefined;
  last: At | undefined;
  example: string;
}

interface At {
  readonly timestamp: string;
  readonly moment: Moment;
}

/**
 * Groups lines by what they have in common, in the manner of Drain: lines of equally many words and the same first one
 * are alike where most words are the same. Memory and time a line are bounded, whatever is in the lines.
 */
export class PatternGroups {
  readonly #groups: Group[] = [];
  readonly #known = new Map<string, Group>();
  readonly #buckets = new Map<string, Group[]>();
  /** Lines that fit no pattern when there were as many as are kept. */
  ungrouped = 0;

  add(entry: LogEntry): void {
    // Without its secrets: masked in part, they would be known by nothing.
    const message = cutMessage(entry.message, MESSAGE_CHARS_MAX);
    const masked = maskMessage(message);
    const group = this.#known.get(masked) ?? this.#find(masked, message);
    if (!group) {
      this.ungrouped++;
      return;
    }
    if (this.#known.size < KNOWN_MAX) this.#known.set(masked, group);
    group.count++;
    if (group.pods.size < PODS_MAX) group.pods.add(entry.pod);
    this.#date(group, entry.timestamp, message);
  }

  /** All patterns: errors first, then warnings, then the others; of each the most frequent first. */
  list(): readonly LogPattern[] {
    const rank = ({ level }: Group) => level === "error" ? 0 : level === "warning" ? 1 : 2;
    return this.#groups.toSorted((a, b) => rank(a) - rank(b) || b.count - a.count).map(printGroup);
  }

  #find(masked: string, message: string): Group | undefined {
    const words = masked.split(/(\s+|,)/);
    const level = severityOf(message);
    const key = `${level} ${words.length} ${words[0]}`;
    const bucket = this.#buckets.get(key) ?? [];
    const alike = bucket.slice(0, COMPARED_MAX).find((group) => areAlike(group.words, words));
    if (alike) {
      alike.words = alike.words.map((word, place) => word === words[place] ? word : DIFFERS);
      return alike;
    }
    if (this.#groups.length >= PATTERNS_MAX) return undefined;
    const group: Group = {
      words,
      level,
      pods: new Set(),
      count: 0,
      first: undefined,
      last: undefined,
      example: message,
    };
    this.#groups.push(group);
    this.#buckets.set(key, [...bucket, group]);
    return group;
  }

  #date(group: Group, timestamp: string, message: string): void {
    const moment = parseMoment(timestamp);
    if (!moment) return;
    const at = { timestamp, moment };
    if (!group.first || compareMoments(moment, group.first.moment) < 0) group.first = at;
    if (group.last && compareMoments(moment, group.last.moment) < 0) return;
    group.last = at;
    group.example = message;
  }
}

function areAlike(a: readonly string[], b: readonly string[]): boolean {
  let same = 0;
  for (let place = 0; place < a.length; place += 2) if (a[place] === b[place]) same++;
  return same / Math.ceil(a.length / 2) >= ALIKE_MIN;
}

function printGroup({ words, level, pods, count, first, last, example }: Group): LogPattern {
  const names = [...pods].sort();
  return {
    pattern: cutMessage(words.join(""), SHOWN_CHARS_MAX),
    ...(level && { level }),
    count,
    first: first?.timestamp ?? "",
    last: last?.timestamp ?? "",
    example: cutMessage(example, SHOWN_CHARS_MAX),
    pods: names.slice(0, PODS_SHOWN_MAX),
    ...(names.length > PODS_SHOWN_MAX && { more_pods: names.length - PODS_SHOWN_MAX }),
  };
}
