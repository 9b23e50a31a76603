import { z } from "zod";
import { ToolError } from "../error.ts";
import { parseJson } from "./reply.ts";

// The JSON of what Prometheus knows of itself: https://prometheus.io/docs/prometheus/latest/querying/api/

const labels = z.record(z.string(), z.string());
const texts = z.custom<readonly string[]>((value) =>
  Array.isArray(value) && value.every((text) => typeof text === "string")
);

const metadata = z.record(
  z.string(),
  z.array(z.object({ type: z.string(), help: z.string(), unit: z.string().default("") })),
);

const alerts = z.object({
  alerts: z.array(z.object({
    labels,
    annotations: labels.default({}),
    state: z.enum(["inactive", "pending", "firing"]),
    activeAt: z.string().optional(),
    value: z.string().default(""),
  })),
});

const rule = z.object({
  name: z.string(),
  query: z.string(),
  type: z.enum(["alerting", "recording"]),
  health: z.string().default("unknown"),
  lastError: z.string().optional(),
  state: z.string().optional(),
  duration: z.number().optional(),
  evaluationTime: z.number().default(0),
  annotations: labels.default({}),
});
const rules = z.object({ groups: z.array(z.object({ name: z.string(), file: z.string(), rules: z.array(rule) })) });

const targets = z.object({
  activeTargets: z.array(z.object({
    labels,
    scrapePool: z.string(),
    scrapeUrl: z.string(),
    health: z.string(),
    lastError: z.string().default(""),
    lastScrape: z.string().default(""),
    lastScrapeDuration: z.number().default(0),
  })),
});

const tsdb = z.object({ seriesCountByMetricName: z.array(z.object({ name: z.string(), value: z.number() })) });

export const CATALOG_FORMS = {
  labels: texts,
  tsdb,
  series: z.array(labels),
  metadata,
  alerts,
  rules,
  targets,
} as const;

/** A metric as its exporter describes it. */
export type MetricMetadata = z.output<typeof metadata>[string][number];
export type Alert = z.output<typeof alerts>["alerts"][number];
export type RuleGroup = z.output<typeof rules>["groups"][number];
export type Target = z.output<typeof targets>["activeTargets"][number];

/**
 * The data of a successful answer of one of these forms.
 *
 * @throws {ToolError} `unavailable` where it has another form
 */
export function parseCatalog<T>(form: z.ZodType<T>, text: string, address: string): T {
  const parsed = z.object({ status: z.literal("success"), data: form }).safeParse(parseJson(text));
  if (parsed.success) return parsed.data.data;
  throw new ToolError("unavailable", `The answer of ${address} is not that of a Prometheus`, {
    hint: "Ask the operator to check that PROMETHEUS_URL is the base URL of a Prometheus",
    cause: parsed.error,
  });
}
