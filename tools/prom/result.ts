/** Label names and values as Prometheus gives them, `__name__` among them. */
export type Labels = { readonly [name: string]: string };

/** A native histogram. */
export interface Histogram {
  /** Observations; not always whole, after rate(). */
  readonly count: number;
  readonly sum: number;
  readonly buckets: readonly Bucket[];
}

/** A bucket of a native histogram. */
export interface Bucket {
  /** Which ends belong to it: 0 only the upper, 1 only the lower, 2 neither, 3 both. */
  readonly boundaries: number;
  readonly lower: number;
  readonly upper: number;
  readonly count: number;
}

/** A sample at a time in seconds since the epoch. */
export interface Point<Value> {
  readonly seconds: number;
  readonly value: Value;
}

/** A series of an instant vector: it has a number or a native histogram. */
export interface InstantSeries {
  readonly labels: Labels;
  readonly value: number | Histogram;
}

/** A series of a range vector, oldest sample first. */
export interface RangeSeries {
  readonly labels: Labels;
  readonly points: readonly Point<number>[];
  readonly histograms: readonly Point<Histogram>[];
}

/** What a query gave, by the type of its expression. Numbers may be NaN and ±Infinity. */
export type QueryData =
  | { readonly type: "vector"; readonly series: readonly InstantSeries[] }
  | { readonly type: "matrix"; readonly series: readonly RangeSeries[] }
  | { readonly type: "scalar"; readonly value: number }
  | { readonly type: "string"; readonly value: string };

/** The answer to a query. */
export interface QueryResult {
  readonly data: QueryData;
  /** What Prometheus warns of or notes, in its own words, shortened. */
  readonly warnings: readonly string[];
}
