/** A line of a container's log. */
export interface LogLine {
  /** RFC 3339 with nanoseconds, as the cluster gave it; empty where the line has none. */
  readonly timestamp: string;
  /** Without terminal sequences and line end. */
  readonly message: string;
}

const TIMESTAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)(?= |$)/;

/** Colours, cursor moves, titles and links. What they wrap stays, so that a search finds the words in it. */
// deno-lint-ignore no-control-regex -- control characters are what it is about
const TERMINAL_SEQUENCE = /\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[ -/]+[0-~]|[0-Z\\^_`-~])/g;

/** Takes a line apart that the cluster was asked to begin with its time. */
export function parseLine(line: string): LogLine {
  const timestamp = TIMESTAMP.exec(line)?.[0] ?? "";
  const start = timestamp === "" ? 0 : timestamp.length + 1;
  const end = line.endsWith("\r") ? line.length - 1 : line.length;
  const text = line.slice(start, end);
  return { timestamp, message: text.includes("\x1b") ? text.replace(TERMINAL_SEQUENCE, "") : text };
}

/** The lines of a log, without the empty one after its last line end. */
export function splitLog(text: string): string[] {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

/** A moment to the nanosecond, which no number holds. */
export interface Moment {
  /** Whole seconds since the epoch. */
  readonly seconds: number;
  readonly nanos: number;
}

/** The moment of an RFC 3339 timestamp, in whatever zone it is written; `undefined` where it is none. */
export function parseMoment(timestamp: string): Moment | undefined {
  const [, date, fraction = "", zone] = /^([^.Z+]{19})(?:\.(\d+))?(Z|[+-]\d\d:\d\d)$/.exec(timestamp) ?? [];
  const millis = Date.parse(`${date}${zone}`);
  if (Number.isNaN(millis)) return undefined;
  return { seconds: millis / 1000, nanos: Number(fraction.slice(0, 9).padEnd(9, "0")) };
}

/** Below 0 where `a` is before `b`, above where it is after. */
export function compareMoments(a: Moment, b: Moment): number {
  return a.seconds - b.seconds || a.nanos - b.nanos;
}
