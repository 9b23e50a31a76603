import { z } from "zod";
import type { Clock } from "../../storage/clock.ts";
import { cutPage, pageInput, pageMembers } from "../paging.ts";
import { defineTool } from "../tool.ts";
import { bound } from "./bound.ts";
import { explainEmpty } from "./explain_empty.ts";
import type { Guardrail } from "./guardrail.ts";
import type { Prometheus } from "./prometheus.ts";
import { promqlInput } from "./promql.ts";
import { rangeInput, rangeOf, timesOf } from "./range.ts";
import type { RangeSeries } from "./result.ts";
import { summarize, type Summary } from "./summary.ts";

const SERIES_MAX = 200;

const seriesSchema = z.object({
  labels: z.record(z.string(), z.string()),
  first: z.number().optional(),
  last: z.number().optional(),
  min: z.number().optional(),
  max: z.number().optional(),
  mean: z.number().optional(),
  trend: z.enum(["flat", "rising", "falling", "spiky"]).optional(),
  sparkline: z.string().optional().describe("One sign a step, ▁ the least and █ the largest; space = no sample"),
  points: z.array(z.tuple([z.number(), z.number()])).optional().describe("[seconds, value], where asked for"),
});

/** `prom.query_range`: what a PromQL expression did in a time. */
export function promQueryRange(
  prometheus: Pick<Prometheus, "queryRange" | "labelValues">,
  guardrail: Guardrail,
  clock: Pick<Clock, "now">,
) {
  return defineTool({
    name: "prom.query_range",
    toolset: "prom",
    summary: "Query a range of time",
    description: "Evaluates PromQL over a time and sums each series up: first, last, min, max, mean, trend and a " +
      "sparkline; what changed most comes first. The step is chosen unless given. Points only where asked for.",
    input: z.strictObject({
      query: promqlInput,
      ...rangeInput,
      points: z.boolean().default(false).describe("Also every point"),
      ...pageInput(SERIES_MAX),
    }),
    output: z.object({
      start: z.string().describe("RFC 3339"),
      end: z.string().describe("RFC 3339"),
      step_seconds: z.int(),
      series: z.array(seriesSchema).describe("What changed most comes first"),
      ...pageMembers,
    }),
    effect: "read",
    idempotent: true,
    openWorld: true,
    untrusted: "labels of metrics",
    run: async ({ query, points, limit, cursor, ...time }, { signal }) => {
      const { checkSyntax } = await import("./syntax.ts");
      checkSyntax(query);
      const range = rangeOf(time, clock);
      const shadow = await guardrail.check({ query, range }, signal);
      const { data, warnings: said } = await prometheus.queryRange({ query, ...range }, signal);
      const bounded = bound(data);
      const all = bounded.data.type === "matrix" ? bounded.data.series : [];
      const times = timesOf(range);
      const ordered = all.map((series) => ({ series, summary: summarize(series, times) }))
        .sort((a, b) => changeOf(b.summary) - changeOf(a.summary));
      const { items, ...page } = cutPage(ordered.map(({ series, summary }) => entryOf(series, summary, points)), {
        limit,
        cursor,
      });
      const empty = all.length === 0 ? await explainEmpty(prometheus, query, signal) : [];
      const warnings = [...shadow, ...said, ...(bounded.cut ? [bounded.cut] : []), ...empty];
      return {
        start: new Date(range.start * 1000).toISOString(),
        end: new Date(range.end * 1000).toISOString(),
        step_seconds: range.stepSeconds,
        series: items,
        ...page,
        ...(warnings.length > 0 && { warnings }),
      };
    },
  });
}

function entryOf(
  series: RangeSeries,
  summary: Summary | undefined,
  withPoints: boolean,
): z.output<typeof seriesSchema> {
  const { labels, points } = series;
  return {
    labels,
    ...summary,
    ...(withPoints && {
      points: points.flatMap(({ seconds, value }): [number, number][] =>
        Number.isFinite(value) ? [[seconds, value]] : []
      ),
    }),
  };
}

/** How far a series went, by its own size. */
function changeOf(summary: Summary | undefined): number {
  if (!summary) return -1;
  const size = Math.max(Math.abs(summary.min), Math.abs(summary.max));
  return size === 0 ? 0 : (summary.max - summary.min) / size;
}
