import { median } from "../load/run.ts";
import { printStall } from "../whole/stall.ts";
import { type AtShare, SHARE, STALL_MS_MAX } from "../whole/steady.ts";
import type { Sample } from "./sample.ts";
import { figuresOf, joinWindows, undisturbed, type Window } from "./windows.ts";

const P99_TO_P50_MAX = 10;

/** What a long run had to show, and what it came to. */
export interface Check {
  readonly what: string;
  readonly bound: string;
  /** What is judged: of calls and stalls those that the machine's host had no part in. */
  readonly reached: string;
  /** The same of the whole run. */
  readonly inAll: string;
  readonly isMet: boolean;
}

/** What may be more in the last third of a run than in the middle one: by a share, or by so much where that is more. */
interface Growth {
  readonly what: string;
  readonly of: (sample: Sample) => number;
  /** What tells a third: its middle, or what is left when garbage has just been collected. */
  readonly told: (values: readonly number[]) => number;
  readonly share: number;
  readonly atLeast: number;
}

/** Waiting records come and go with each commit; so many come in a tenth of a second. */
const QUEUED_MORE_MAX = 500;
const least = (values: readonly number[]) => Math.min(...values);
const GROWTHS: readonly Growth[] = [
  { what: "Resident memory, MiB", of: ({ residentMiB }) => residentMiB, told: median, share: 0.05, atLeast: 16 },
  { what: "Least of the heap, MiB", of: ({ heapMiB }) => heapMiB, told: least, share: 0.1, atLeast: 8 },
  { what: "Open descriptors", of: ({ descriptors }) => descriptors, told: median, share: 0, atLeast: 2 },
  { what: "Audit records that wait", of: ({ queued }) => queued, told: median, share: 0.1, atLeast: QUEUED_MORE_MAX },
  { what: "Audit records in the spool", of: ({ spooled }) => spooled, told: median, share: 0, atLeast: 0 },
];

type Ran = Pick<AtShare, "calls" | "errors" | "p50Ms" | "p99Ms" | "longestStall">;

/**
 * Whether a long run was as it should be.
 *
 * @param ran all of it
 * @param windows its stretches in their order, with samples a second apart
 * @param cores of the machine
 */
export function judgeSoak(ran: Ran, windows: readonly Window[], cores: number): readonly Check[] {
  const samples = windows.flatMap(({ samples }) => samples);
  const calm = undisturbed(windows, cores, 1 - SHARE);
  if (calm.length === 0) throw new Error("Expected stretches in which the host left enough of the cores, but got none");
  const own = figuresOf(joinWindows(calm));
  const times = (of: Pick<Ran, "p50Ms" | "p99Ms">) => of.p99Ms / of.p50Ms;
  return [
    {
      what: "Errors",
      bound: "0",
      reached: `${own.errors} of ${own.calls}`,
      inAll: `${ran.errors} of ${ran.calls}`,
      isMet: own.errors === 0,
    },
    {
      what: "p99 to p50",
      bound: `≤ ${P99_TO_P50_MAX}`,
      reached: times(own).toFixed(1),
      inAll: times(ran).toFixed(1),
      isMet: times(own) <= P99_TO_P50_MAX,
    },
    {
      what: "Longest stall of the event loop",
      bound: `≤ ${STALL_MS_MAX} ms`,
      reached: printStall(own.longestOwnStall),
      inAll: printStall(ran.longestStall),
      isMet: own.longestOwnStall.ms <= STALL_MS_MAX,
    },
    ...GROWTHS.map((growth) => judgeGrowth(growth, samples)),
  ];
}

/** Compares the last two thirds: in the first one caches fill and code is compiled. */
function judgeGrowth({ what, of, told, share, atLeast }: Growth, samples: readonly Sample[]): Check {
  const third = Math.floor(samples.length / 3);
  const [before, after] = [samples.slice(-2 * third, -third), samples.slice(-third)].map((part) => told(part.map(of)));
  if (third === 0 || before === undefined || after === undefined) throw new Error("Expected at least 3 samples");
  const bound = Math.max(before * share, atLeast);
  const grown = `${print(after - before)}, from ${print(before)}`;
  return {
    what: `${what}: growth from the middle third to the last`,
    bound: `≤ ${print(bound)}`,
    reached: grown,
    inAll: grown,
    isMet: after - before <= bound,
  };
}

function print(value: number): string {
  return value.toFixed(Number.isInteger(value) ? 0 : 1);
}
