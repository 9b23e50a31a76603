import { median, percentiles } from "../load/run.ts";
import { longestOf, ownStalls, type Stall } from "../whole/stall.ts";
import type { Sample } from "./sample.ts";

/** What happened in a stretch of a run. */
export interface Window {
  readonly tookMs: readonly number[];
  readonly errors: number;
  readonly samples: readonly Sample[];
  readonly stalls: readonly Stall[];
}

/** Seconds that the host kept cores to itself between the first sample and the last, of all cores together. */
function stolenIn(samples: readonly Sample[]): number {
  return Math.max(...samples.map(({ stolen }) => stolen)) - Math.min(...samples.map(({ stolen }) => stolen));
}

/**
 * The stretches in which what was asked for was never more than there was: in none of their seconds the host kept more of
 * the cores than was left over, nor in the stretch before, of which work may be left.
 *
 * @param leftOver share of the machine that is not asked for
 */
export function undisturbed(windows: readonly Window[], cores: number, leftOver: number): readonly Window[] {
  const isDisturbed = ({ samples }: Window) =>
    samples.some(({ at, stolen }, i) => {
      const before = samples[i - 1];
      return before !== undefined && stolen - before.stolen > leftOver * cores * (at - before.at);
    });
  return windows.filter((window, i) => !windows.slice(Math.max(0, i - 1), i).concat(window).some(isDisturbed));
}

/** The same in figures. */
export type Figures = ReturnType<typeof figuresOf>;

export function figuresOf({ tookMs, errors, samples, stalls }: Window) {
  const of = (pick: (sample: Sample) => number) => samples.map(pick);
  return {
    calls: tookMs.length,
    errors,
    ...percentiles(Float64Array.from(tookMs)),
    residentMiB: median(of(({ residentMiB }) => residentMiB)),
    heapLeastMiB: Math.min(...of(({ heapMiB }) => heapMiB)),
    descriptors: median(of(({ descriptors }) => descriptors)),
    queuedMost: Math.max(...of(({ queued }) => queued)),
    spooledMost: Math.max(...of(({ spooled }) => spooled)),
    inFlightMost: Math.max(...of(({ inFlight }) => inFlight)),
    longestStall: longestOf(stalls),
    longestOwnStall: longestOf(ownStalls(stalls)),
    turnedAway: Math.max(...of(({ turnedAway }) => turnedAway)),
    stolen: stolenIn(samples),
  };
}

export function joinWindows(windows: readonly Window[]): Window {
  return {
    tookMs: windows.flatMap(({ tookMs }) => tookMs),
    errors: windows.reduce((sum, { errors }) => sum + errors, 0),
    samples: windows.flatMap(({ samples }) => samples),
    stalls: windows.flatMap(({ stalls }) => stalls),
  };
}

export const WINDOW_HEAD = [
  "seconds",
  "calls",
  "errors",
  "p50 / p95 / p99 / max ms",
  "resident, least heap MiB",
  "descriptors",
  "waiting, spooled, in flight at most",
  "longest stall, of its own, ms",
  "turned away",
  "s that the host kept cores",
];

/** @param at seconds from the start, from and to */
export function printRow(at: string, row: Figures): readonly string[] {
  return [
    at,
    `${row.calls}`,
    `${row.errors}`,
    [row.p50Ms, row.p95Ms, row.p99Ms, row.maxMs].map((ms) => ms.toFixed(1)).join(" / "),
    `${row.residentMiB.toFixed(0)}, ${row.heapLeastMiB.toFixed(0)}`,
    `${row.descriptors}`,
    `${row.queuedMost}, ${row.spooledMost}, ${row.inFlightMost}`,
    `${row.longestStall.ms.toFixed(0)}, ${row.longestOwnStall.ms.toFixed(0)}`,
    `${row.turnedAway}`,
    row.stolen.toFixed(1),
  ];
}
