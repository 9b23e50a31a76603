import { z } from "zod";
import { ToolError } from "../error.ts";
import type { Histogram, Labels, Point, QueryResult } from "./result.ts";
import { redactText } from "../redact.ts";

// The JSON of /api/v1/query: https://prometheus.io/docs/prometheus/latest/querying/api/#expression-query-result-formats

const WARNINGS_MAX = 20;
const WARNING_CHARS_MAX = 500;

// What there are many of is checked by plain code: by a schema an element, 8 MiB would hold up every other call for half
// a second.

const labels = z.custom<Labels>((value) =>
  typeof value === "object" && value !== null && Object.values(value).every((text) => typeof text === "string")
);

const point = z.custom<readonly [number, string]>(isPoint).transform(toSample);
const points = z.custom<readonly (readonly [number, string])[]>((value) => Array.isArray(value) && value.every(isPoint))
  .transform((pairs) => pairs.map(toSample));

const float = z.custom<string>(isFloat).transform(toNumber);

const bucket = z.tuple([z.number(), float, float, float])
  .transform(([boundaries, lower, upper, count]) => ({ boundaries, lower, upper, count }));

const histogram: z.ZodType<Histogram> = z.object({ count: float, sum: float, buckets: z.array(bucket).default([]) });

const histogramPoint = z.tuple([z.number(), histogram]).transform(([seconds, value]) => ({ seconds, value }));

const vectorSeries = z.union([
  z.object({ metric: labels, value: point }),
  z.object({ metric: labels, histogram: histogramPoint }),
]).transform((series) => ({
  labels: series.metric,
  value: "value" in series ? series.value.value : series.histogram.value,
}));

const matrixSeries = z.object({
  metric: labels,
  values: points.default([]),
  histograms: z.array(histogramPoint).default([]),
}).transform(({ metric, values, histograms }) => ({ labels: metric, points: values, histograms }));

const data = z.discriminatedUnion("resultType", [
  z.object({ resultType: z.literal("vector"), result: z.array(vectorSeries) })
    .transform(({ result }) => ({ type: "vector" as const, series: result })),
  z.object({ resultType: z.literal("matrix"), result: z.array(matrixSeries) })
    .transform(({ result }) => ({ type: "matrix" as const, series: result })),
  z.object({ resultType: z.literal("scalar"), result: point })
    .transform(({ result }) => ({ type: "scalar" as const, value: result.value })),
  z.object({ resultType: z.literal("string"), result: z.tuple([z.number(), z.string()]) })
    .transform(({ result }) => ({ type: "string" as const, value: result[1] })),
]);

const words = z.array(z.string()).default([]);

const reply = z.object({ status: z.literal("success"), data, warnings: words, infos: words });

/**
 * Reads a successful answer.
 *
 * @param address of the Prometheus, without credentials
 * @throws {ToolError} `unavailable` when it is not in the form of Prometheus' HTTP API.
 */
export function parseReply(text: string, address: string): QueryResult {
  const parsed = reply.safeParse(parseJson(text));
  if (!parsed.success) {
    throw new ToolError("unavailable", `The answer of ${address} is not that of a Prometheus`, {
      hint: "Ask the operator to check that PROMETHEUS_URL is the base URL of a Prometheus",
      cause: parsed.error,
    });
  }
  const { data, warnings, infos } = parsed.data;
  return {
    data,
    warnings: [...warnings, ...infos].slice(0, WARNINGS_MAX).map((warning) => shorten(warning, WARNING_CHARS_MAX)),
  };
}

/** The value of a JSON text; `undefined` where it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** More than any secret has: of one that begins before a cut and ends after it, half would have no looks. */
const SECRET_CHARS_MAX = 8192;

/** The text without its secrets, cut where it is longer than `charsMax`. */
export function shorten(whole: string, charsMax: number): string {
  const text = redactText(whole.slice(0, charsMax + SECRET_CHARS_MAX));
  return text.length <= charsMax ? text : `${text.slice(0, charsMax).toWellFormed()}…`;
}

function isPoint(value: unknown): boolean {
  return Array.isArray(value) && value.length === 2 && typeof value[0] === "number" && isFloat(value[1]);
}

/** JSON has no NaN and no infinities: sample values are text, as Go prints a float. */
function isFloat(value: unknown): boolean {
  return typeof value === "string" && value !== "" && (value === "NaN" || !Number.isNaN(toNumber(value)));
}

function toNumber(text: string): number {
  return text === "+Inf" ? Infinity : text === "-Inf" ? -Infinity : Number(text);
}

function toSample([seconds, text]: readonly [number, string]): Point<number> {
  return { seconds, value: toNumber(text) };
}
