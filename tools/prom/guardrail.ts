import { ToolError } from "../error.ts";
import { withDeadline } from "../deadline.ts";
import type { Prometheus } from "./prometheus.ts";
import { type Range, stepFor } from "./range.ts";
import type { Selector } from "./selectors.ts";

/** Where Prometheus' own configuration is not known: what most scrape by. */
const SCRAPE_SECONDS = 15;
/** Counting may take so long; where it takes longer there is very much. */
const COUNT_MS = 5_000;
/** Counts that are kept, and for how long. */
const COUNTS_MAX = 500;
const COUNT_KEPT_MS = 60_000;
/** Labels that are tried for a narrower query. */
const LABELS_TRIED_MAX = 8;
/** Windows that a shorter one is looked for among, in seconds. */
const WINDOWS = [43_200, 21_600, 7200, 3600, 1800, 900, 600, 300, 120, 60];

export type GuardrailMode = "off" | "shadow" | "enforce";
export const GUARDRAIL_VERDICTS = ["allowed", "refused", "would_refuse", "unknown"] as const;
export type GuardrailVerdict = typeof GUARDRAIL_VERDICTS[number];

export interface GuardrailOptions {
  readonly mode: GuardrailMode;
  /** Samples that one query may read, by estimate. */
  readonly samplesMax: number;
  /** A clock in milliseconds that only goes forward. */
  readonly elapsed: () => number;
  readonly onVerdict: (verdict: GuardrailVerdict) => void;
}

/** A query as it will be evaluated; `range` is missing for an instant. */
export interface GuardedQuery {
  readonly query: string;
  readonly range?: Range | undefined;
}

/** Keeps queries from reading more than Prometheus, and who else uses it, can bear. */
export interface Guardrail {
  /**
   * Lets a query pass by what it will cost: series × steps × samples a step, counted before it is evaluated.
   *
   * @returns what the caller should know: in shadow mode that it would have been refused
   * @throws {ToolError} `forbidden`, with a rewrite that would pass
   */
  check(query: GuardedQuery, signal: AbortSignal): Promise<readonly string[]>;
}

/** What is asked of Prometheus for it. */
type Counted = Pick<Prometheus, "query" | "labelNames" | "labelValues" | "largestMetrics">;

export function createGuardrail(prometheus: Counted, options: GuardrailOptions): Guardrail {
  const { mode, samplesMax, elapsed, onVerdict } = options;
  if (mode === "off") return { check: () => Promise.resolve([]) };
  const counts = new Map<string, { readonly series: number; readonly atMs: number }>();

  let largest: { readonly metrics: ReadonlyMap<string, number>; readonly atMs: number } | undefined;

  /** Series of the largest metrics, which the index tells without a count; none where it does not tell. */
  async function largestMetrics(signal: AbortSignal): Promise<ReadonlyMap<string, number>> {
    if (largest && elapsed() - largest.atMs < COUNT_KEPT_MS) return largest.metrics;
    try {
      largest = { metrics: await prometheus.largestMetrics(signal), atMs: elapsed() };
      return largest.metrics;
    } catch (error) {
      signal.throwIfAborted();
      // Others that speak this API have no such index.
      if (!(error instanceof ToolError)) throw error;
      return new Map();
    }
  }

  /**
   * Series that a selector selects now: by the index where it has no matchers, else counted. Where counting takes too
   * long the index is the upper bound, or there is none; `undefined` where it fails.
   */
  async function count(
    { text: selector, metric, matchers }: Pick<Selector, "text" | "metric" | "matchers">,
    signal: AbortSignal,
  ): Promise<number | undefined> {
    const kept = counts.get(selector);
    if (kept && elapsed() - kept.atMs < COUNT_KEPT_MS) return kept.series;
    const ofMetric = metric === undefined ? undefined : (await largestMetrics(signal)).get(metric);
    if (ofMetric !== undefined && matchers.length === 0) return ofMetric;
    const counted = await ask(selector, signal);
    const series = counted === Infinity ? ofMetric ?? Infinity : counted;
    if (series === undefined) return undefined;
    if (counts.size >= COUNTS_MAX) counts.clear();
    counts.set(selector, { series, atMs: elapsed() });
    return series;
  }

  async function ask(selector: string, signal: AbortSignal): Promise<number | undefined> {
    try {
      const { data } = await withDeadline(signal, COUNT_MS, (own) => prometheus.query(`count(${selector})`, own));
      if (data.type !== "vector") return undefined;
      const value = data.series[0]?.value ?? 0;
      return typeof value === "number" ? value : undefined;
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof ToolError)) throw error;
      // What else is wrong, the query itself will tell in its own words.
      return error.kind === "timeout" ? Infinity : undefined;
    }
  }

  async function costOf(selectors: readonly Selector[], range: Range | undefined, signal: AbortSignal) {
    const costs: { readonly selector: Selector; readonly series: number; readonly samples: number }[] = [];
    for (const selector of selectors) {
      const series = await count(selector, signal);
      if (series === undefined) return undefined;
      costs.push({ selector, series, samples: series * samplesOf(selector, range) });
    }
    return { costs, samples: costs.reduce((sum, { samples }) => sum + samples, 0) };
  }

  /** The first change of a query that brings it under the bound. */
  async function rewrite(
    { query, range }: GuardedQuery,
    { costs, samples }: NonNullable<Awaited<ReturnType<typeof costOf>>>,
    signal: AbortSignal,
  ): Promise<Rewrite | undefined> {
    if (!Number.isFinite(samples)) return undefined;
    const dearest = costs.reduce((most, cost) => cost.samples > most.samples ? cost : most);
    const rest = samples - dearest.samples;
    const { selector, series } = dearest;
    if (range) {
      const step = stepFor(Math.ceil(range.stepSeconds * samples / samplesMax));
      const stepped = { ...range, stepSeconds: step };
      const total = costs.reduce((sum, cost) => sum + cost.series * samplesOf(cost.selector, stepped), 0);
      if (stepsOf(stepped) >= 2 && total <= samplesMax) {
        return { words: `use step_seconds ${step}`, data: { step_seconds: step } };
      }
    }
    const window = WINDOWS.find((seconds) =>
      seconds < selector.rangeSeconds &&
      rest + series * samplesOf({ ...selector, rangeSeconds: seconds }, range) <= samplesMax
    );
    if (window !== undefined) {
      const changed = replace(query, selector, `${selector.text}[${printSeconds(window)}]`);
      return { words: `use a window of ${printSeconds(window)}: ${changed}`, data: { query: changed } };
    }
    const narrowed = await narrow(selector, (found) => rest + found * samplesOf(selector, range) <= samplesMax, signal);
    if (narrowed === undefined) return undefined;
    const suffix = query.slice(selector.from + selector.text.length, selector.to);
    const changed = replace(query, selector, narrowed + suffix);
    return { words: `narrow it by a label: ${changed}`, data: { query: changed } };
  }

  /** The selector with one more matcher, so that few enough series are left. */
  async function narrow(
    { text, metric, matchers }: Selector,
    isFew: (series: number) => boolean,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    try {
      const scope = { matchers: [text] };
      const taken = new Set(["__name__", ...matchers.map(({ label }) => label)]);
      const labels = (await prometheus.labelNames(scope, signal)).filter((label) =>
        !taken.has(label) && /^[a-zA-Z_]\w*$/.test(label)
      );
      for (const label of labels.slice(0, LABELS_TRIED_MAX)) {
        const [value] = await prometheus.labelValues(label, scope, signal);
        if (value === undefined) continue;
        const matcher = { label, operator: "=", value };
        const narrowed = withMatcher(text, `${label}=${JSON.stringify(value)}`);
        const series = await count({ text: narrowed, metric, matchers: [matcher] }, signal);
        if (series !== undefined && series > 0 && isFew(series)) return narrowed;
      }
    } catch (error) {
      signal.throwIfAborted();
      // An advice less; the refusal stands without it.
      if (!(error instanceof ToolError)) throw error;
    }
    return undefined;
  }

  return {
    async check(guarded, signal) {
      // Loaded with the first query: the parser's tables would cost every start 40 ms.
      const { selectorsOf } = await import("./selectors.ts");
      const cost = await costOf(selectorsOf(guarded.query), guarded.range, signal);
      if (!cost) {
        onVerdict("unknown");
        return [];
      }
      if (cost.samples <= samplesMax) {
        onVerdict("allowed");
        return [];
      }
      const words = `about ${printCount(cost.samples)} samples (${printCount(largestOf(cost.costs))} series)`;
      if (mode === "shadow") {
        onVerdict("would_refuse");
        return [`This query reads ${words}, more than the ${samplesMax} that will be the bound`];
      }
      const advice = await rewrite(guarded, cost, signal);
      onVerdict("refused");
      throw new ToolError("forbidden", `This query would read ${words}, more than the ${samplesMax} that one may`, {
        hint: advice ? `Instead ${advice.words}` : "Narrow it by label matchers, or shorten its time and its windows",
        data: {
          rule: "PROM_SAMPLES_MAX",
          // JSON has no infinity.
          estimated_samples: Number.isFinite(cost.samples) ? cost.samples : null,
          samples_max: samplesMax,
          ...(advice && { rewrite: advice.data }),
        },
      });
    },
  };
}

interface Rewrite {
  readonly words: string;
  readonly data: { readonly query: string } | { readonly step_seconds: number };
}

/** Samples that one series of the selector costs. */
function samplesOf({ rangeSeconds, evaluations }: Selector, range: Range | undefined): number {
  return Math.max(1, rangeSeconds / SCRAPE_SECONDS) * evaluations * (range ? stepsOf(range) : 1);
}

function stepsOf({ start, end, stepSeconds }: Range): number {
  return Math.floor((end - start) / stepSeconds) + 1;
}

function largestOf(costs: readonly { readonly series: number }[]): number {
  return costs.reduce((most, { series }) => Math.max(most, series), 0);
}

function replace(query: string, { from, to }: Selector, text: string): string {
  return query.slice(0, from) + text + query.slice(to);
}

function withMatcher(selector: string, matcher: string): string {
  const [, before = selector, inner] = /^([^{]*)\{([\s\S]*)\}$/.exec(selector) ?? [];
  const others = (inner ?? "").trim().replace(/,$/, "");
  return `${before.trim()}{${others === "" ? matcher : `${others},${matcher}`}}`;
}

function printSeconds(seconds: number): string {
  if (seconds % 3600 === 0) return `${seconds / 3600}h`;
  return seconds % 60 === 0 ? `${seconds / 60}m` : `${seconds}s`;
}

function printCount(count: number): string {
  return Number.isFinite(count) ? Math.round(count).toLocaleString("en-US") : "very many";
}
