import { z } from "zod";
import type { Histogram, InstantSeries, Point, QueryData, RangeSeries } from "./result.ts";

const number = z.union([z.number(), z.enum(["NaN", "+Inf", "-Inf"])]);

const seconds = z.number().describe("Seconds since the epoch");

const histogram = z.object({
  count: number.describe("Number of observations"),
  sum: number.describe("Sum of the observations"),
  buckets: z.array(z.tuple([z.number(), number, number, number])).describe(
    "[boundaries, lower, upper, count] each; boundaries: 0 = (lower, upper], 1 = [lower, upper), 2 = both open, " +
      "3 = both closed",
  ),
});

/** One entry of `values`: value or histogram for an instant, values or histograms (or both) for a range. */
export const valueEntry = z.object({
  labels: z.record(z.string(), z.string()).describe("Labels of the series, __name__ included; empty for a scalar"),
  value: z.union([z.number(), z.string()]).optional()
    .describe('Instant vectors, scalars and strings: the value; "NaN", "+Inf" and "-Inf" are text'),
  values: z.array(z.tuple([seconds, number])).optional()
    .describe("Range selectors such as up[5m]: [seconds, value] pairs, oldest first"),
  histogram: histogram.optional().describe("Instant vectors of native histograms, in place of value"),
  histograms: z.array(z.tuple([seconds, histogram])).optional()
    .describe("Range selectors of native histograms: [seconds, histogram] pairs, oldest first"),
});

type ValueEntry = z.output<typeof valueEntry>;

/** The guide's entries for what a query gave: one a series, or one for a scalar or string. */
export function toValues(data: QueryData): ValueEntry[] {
  switch (data.type) {
    case "scalar":
      return [{ labels: {}, value: toJson(data.value) }];
    case "string":
      return [{ labels: {}, value: data.value }];
    case "vector":
      return data.series.map(fromInstant);
    case "matrix":
      return data.series.map(fromRange);
  }
}

function fromInstant({ labels, value }: InstantSeries): ValueEntry {
  return typeof value === "number" ? { labels, value: toJson(value) } : { labels, histogram: toJsonHistogram(value) };
}

function fromRange({ labels, points, histograms }: RangeSeries): ValueEntry {
  return {
    labels,
    ...((points.length > 0 || histograms.length === 0) && { values: points.map((point) => toPair(point, toJson)) }),
    ...(histograms.length > 0 && { histograms: histograms.map((point) => toPair(point, toJsonHistogram)) }),
  };
}

function toPair<From, To>({ seconds, value }: Point<From>, print: (value: From) => To): [number, To] {
  return [seconds, print(value)];
}

function toJsonHistogram({ count, sum, buckets }: Histogram): z.output<typeof histogram> {
  return {
    count: toJson(count),
    sum: toJson(sum),
    buckets: buckets.map((bucket) => [
      bucket.boundaries,
      toJson(bucket.lower),
      toJson(bucket.upper),
      toJson(bucket.count),
    ]),
  };
}

/** JSON has no NaN and no infinities: those stay the text that Prometheus gives. */
function toJson(value: number): z.output<typeof number> {
  if (Number.isFinite(value)) return value;
  return Number.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
}
