import type { Point, RangeSeries } from "./result.ts";

/** What a series did in a time, in few numbers. */
export interface Summary {
  readonly first: number;
  readonly last: number;
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  /** `spiky`: it rose and came back, or the other way round. */
  readonly trend: "flat" | "rising" | "falling" | "spiky";
  /** One sign a point, `▁` the least value and `█` the largest; a space where there is none. */
  readonly sparkline: string;
}

const SIGNS = "▁▂▃▄▅▆▇█";
/** Of the largest value: a smaller change is none. */
const FLAT_PART = 0.02;
/** Of the spread: the means of the first and the last third differ by this, or it is no trend. */
const TREND_PART = 0.3;
/** Digits that a reader needs of a number. */
const DIGITS = 4;

/**
 * Sums up the points of a series that are numbers; `undefined` where there is none.
 *
 * @param times of the steps, in seconds since the epoch, so that gaps show
 */
export function summarize({ points }: Pick<RangeSeries, "points">, times: readonly number[]): Summary | undefined {
  const values = points.map(({ value }) => value).filter(Number.isFinite);
  const [first] = values;
  const last = values.at(-1);
  if (first === undefined || last === undefined) return undefined;
  const min = values.reduce((a, b) => Math.min(a, b));
  const max = values.reduce((a, b) => Math.max(a, b));
  return {
    first: round(first),
    last: round(last),
    min: round(min),
    max: round(max),
    mean: round(meanOf(values)),
    trend: trendOf(values, min, max),
    sparkline: draw(points, times, min, max),
  };
}

function trendOf(values: readonly number[], min: number, max: number): Summary["trend"] {
  const spread = max - min;
  if (spread <= FLAT_PART * Math.max(Math.abs(min), Math.abs(max))) return "flat";
  const third = Math.max(1, Math.floor(values.length / 3));
  const change = (meanOf(values.slice(-third)) - meanOf(values.slice(0, third))) / spread;
  if (Math.abs(change) < TREND_PART) return "spiky";
  return change > 0 ? "rising" : "falling";
}

function draw(points: readonly Point<number>[], times: readonly number[], min: number, max: number): string {
  const byTime = new Map(points.map(({ seconds, value }) => [Math.round(seconds), value]));
  return times.map((seconds) => {
    const value = byTime.get(Math.round(seconds));
    if (value === undefined || !Number.isFinite(value)) return " ";
    const height = max === min ? 0 : (value - min) / (max - min);
    return SIGNS[Math.round(height * (SIGNS.length - 1))];
  }).join("");
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value / values.length, 0);
}

export function round(value: number): number {
  return Number(value.toPrecision(DIGITS));
}
