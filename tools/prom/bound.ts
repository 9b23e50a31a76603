import type { Histogram, Point, QueryData, RangeSeries } from "./result.ts";

const SERIES_MAX = 1_000;
/** Prometheus' own bound on the points of one series. A histogram counts as many as it has buckets, and one. */
const POINTS_MAX = 11_000;

/** What goes out of a query's data, and what is to be said where that is not all. */
export interface Bounded {
  readonly data: QueryData;
  readonly cut?: string;
}

/**
 * Data within 1,000 series and 11,000 points: whole series in Prometheus' order. The first comes with its newest
 * points where it is too long by itself, so that a query that matched never looks empty.
 */
export function bound(data: QueryData): Bounded {
  switch (data.type) {
    case "scalar":
    case "string":
      return { data };
    case "vector": {
      const fitting = countFitting(data.series, ({ value }) => sizeOf(value));
      if (fitting === data.series.length) return { data };
      // A single histogram with so many buckets does not occur; it would go out whole.
      const kept = Math.max(1, fitting);
      return { data: { ...data, series: data.series.slice(0, kept) }, cut: describe(kept, data.series.length) };
    }
    case "matrix": {
      const fitting = countFitting(data.series, sizeOfRange);
      const [first] = data.series;
      if (fitting === data.series.length || !first) return { data };
      if (fitting > 0) {
        return { data: { ...data, series: data.series.slice(0, fitting) }, cut: describe(fitting, data.series.length) };
      }
      return {
        data: { ...data, series: [newest(first)] },
        cut: describe(1, data.series.length, "only the newest of its points"),
      };
    }
  }
}

function countFitting<Series>(all: readonly Series[], size: (series: Series) => number): number {
  let room = POINTS_MAX;
  const tooMany = all.findIndex((series, index) => index === SERIES_MAX || (room -= size(series)) < 0);
  return tooMany === -1 ? all.length : tooMany;
}

function sizeOf(value: number | Histogram): number {
  return typeof value === "number" ? 1 : 1 + value.buckets.length;
}

function sizeOfRange({ points, histograms }: RangeSeries): number {
  return histograms.reduce((sum, { value }) => sum + sizeOf(value), points.length);
}

function newest({ labels, points, histograms }: RangeSeries): RangeSeries {
  const kept = newestOf(points);
  return { labels, points: kept, histograms: kept.length === POINTS_MAX ? [] : newestOf(histograms, kept.length) };
}

function newestOf<Value extends number | Histogram>(points: readonly Point<Value>[], taken = 0): Point<Value>[] {
  let room = POINTS_MAX - taken;
  const before = points.findLastIndex(({ value }) => (room -= sizeOf(value)) < 0);
  return points.slice(before + 1);
}

function describe(kept: number, total: number, besides?: string): string {
  return `Returned ${kept} of ${total} series${besides ? ` and ${besides}` : ""}, since an answer has at most ` +
    `${SERIES_MAX} series and ${POINTS_MAX} points: narrow the query with label matchers, aggregate with ` +
    "sum by (…) or topk(…), or shorten its range";
}
