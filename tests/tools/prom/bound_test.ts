import assert from "node:assert/strict";
import { bound } from "../../../tools/prom/bound.ts";
import type { Histogram, InstantSeries, RangeSeries } from "../../../tools/prom/result.ts";

const times = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));

const instant = (count: number, value: number | Histogram = 1): readonly InstantSeries[] =>
  times(count, (index) => ({ labels: { index: `${index}` }, value }));

const histogram = (buckets: number): Histogram => ({
  count: 1,
  sum: 1,
  buckets: times(buckets, (lower) => ({ boundaries: 0, lower, upper: lower + 1, count: 1 })),
});

const range = (points: number, histograms = 0, buckets = 0): RangeSeries => ({
  labels: {},
  points: times(points, (seconds) => ({ seconds, value: seconds })),
  histograms: times(histograms, (seconds) => ({ seconds, value: histogram(buckets) })),
});

Deno.test("data within the bounds goes out as it is", () => {
  for (const series of [instant(0), instant(1_000), instant(100, histogram(109))]) {
    const data = { type: "vector", series } as const;
    assert.deepEqual(bound(data), { data });
  }
  for (const series of [[], [range(11_000)], times(1_000, () => range(11)), [range(0, 100, 109)]]) {
    const data = { type: "matrix", series } as const;
    assert.deepEqual(bound(data), { data });
  }
  assert.deepEqual(bound({ type: "scalar", value: 1 }), { data: { type: "scalar", value: 1 } });
  assert.deepEqual(bound({ type: "string", value: "x" }), { data: { type: "string", value: "x" } });
});

Deno.test("whole series are cut off the end, and what is left is said of all", async (t) => {
  const table: readonly (readonly [what: string, data: Parameters<typeof bound>[0], kept: number, total: number])[] = [
    ["series over the bound", { type: "vector", series: instant(1_001) }, 1_000, 1_001],
    ["histograms by their buckets", { type: "vector", series: instant(101, histogram(109)) }, 100, 101],
    ["series of points", { type: "matrix", series: times(1_001, () => range(1)) }, 1_000, 1_001],
    ["points over the bound", { type: "matrix", series: times(12, () => range(1_000)) }, 11, 12],
    ["one point too many", { type: "matrix", series: [range(5_500), range(5_501)] }, 1, 2],
    ["points and histograms together", { type: "matrix", series: [range(1), range(10_900, 1, 99)] }, 1, 2],
  ];
  for (const [what, data, kept, total] of table) {
    await t.step(what, () => {
      const { data: cut, cut: words } = bound(data);
      assert("series" in data && "series" in cut);
      assert.deepEqual(cut.series, data.series.slice(0, kept));
      assert.match(words ?? "", new RegExp(`^Returned ${kept} of ${total} series, since .* narrow the query`));
    });
  }
});

Deno.test("a first series that is too long by itself comes with its newest points", async (t) => {
  await t.step("numbers", () => {
    const { data, cut } = bound({ type: "matrix", series: [range(12_000), range(1)] });
    assert(data.type === "matrix");
    assert.deepEqual(data.series.map(({ points }) => points.length), [11_000]);
    assert.deepEqual(data.series[0]?.points.at(-1), { seconds: 11_999, value: 11_999 });
    assert.match(cut ?? "", /^Returned 1 of 2 series and only the newest of its points, since/);
  });
  await t.step("histograms", () => {
    const { data } = bound({ type: "matrix", series: [range(0, 200, 109)] });
    assert(data.type === "matrix");
    assert.deepEqual(data.series[0]?.histograms.map(({ seconds }) => seconds), times(100, (index) => 100 + index));
  });
  await t.step("a single huge histogram", () => {
    const series = instant(2, histogram(20_000));
    assert.deepEqual(bound({ type: "vector", series }).data, { type: "vector", series: series.slice(0, 1) });
  });
});
