import { ToolError } from "../error.ts";
import { PrometheusApi, type PrometheusOptions } from "./api.ts";
import {
  type Alert,
  CATALOG_FORMS,
  type MetricMetadata,
  parseCatalog,
  type RuleGroup,
  type Target,
} from "./catalog_reply.ts";
import { parseReply } from "./reply.ts";
import type { Labels, QueryResult } from "./result.ts";

export type { PrometheusOptions } from "./api.ts";

/** A range query: the expression at each step of a time. */
export interface RangeRequest {
  readonly query: string;
  /** Seconds since the epoch, inclusive. */
  readonly start: number;
  /** Seconds since the epoch, inclusive. */
  readonly end: number;
  readonly stepSeconds: number;
}

/** Which series a list is made of. */
export interface SeriesScope {
  /** Selectors, such as `up{job="a"}`: series that one of them matches; all where there is none. */
  readonly matchers: readonly string[];
  /** Seconds since the epoch: only what was there since. */
  readonly start?: number | undefined;
}

/**
 * A Prometheus, or what speaks its HTTP API.
 *
 * Every call throws a ToolError: `invalid_params` for what it refuses, `tool_failed` for what it cannot evaluate or
 * whose answer is too large, `timeout`, `cancelled`, and `unavailable` when it is away or is no Prometheus.
 */
export interface Prometheus {
  /** Evaluates an instant query, now. */
  query(promql: string, signal: AbortSignal): Promise<QueryResult>;
  queryRange(request: RangeRequest, signal: AbortSignal): Promise<QueryResult>;
  labelNames(scope: SeriesScope, signal: AbortSignal): Promise<readonly string[]>;
  labelValues(label: string, scope: SeriesScope, signal: AbortSignal): Promise<readonly string[]>;
  series(scope: SeriesScope, signal: AbortSignal): Promise<readonly Labels[]>;
  /** What the exporters say of metrics, by name. @param metric only of this one; of all where left out */
  metadata(metric: string | undefined, signal: AbortSignal): Promise<ReadonlyMap<string, MetricMetadata>>;
  alerts(signal: AbortSignal): Promise<readonly Alert[]>;
  rules(signal: AbortSignal): Promise<readonly RuleGroup[]>;
  targets(signal: AbortSignal): Promise<readonly Target[]>;
  /** Series of the metrics that have the most of them: some ten. */
  largestMetrics(signal: AbortSignal): Promise<ReadonlyMap<string, number>>;
}

/**
 * Opens a Prometheus by its base URL: `http://prometheus:9090`, with a path where it has a prefix, and with
 * `user:password@` where it wants basic authentication. Nothing is connected before the first query.
 *
 * @throws {TypeError} when the URL is none that can be asked; the message does not repeat it, for it may hold a password.
 */
export function openPrometheus(baseUrl: string, options: PrometheusOptions = {}): Prometheus {
  const api = new PrometheusApi(baseUrl, options);
  const { address, timeout } = api;
  const scoped = ({ matchers, start }: SeriesScope) => [
    ...matchers.map((matcher) => ["match[]", matcher] as const),
    ...(start === undefined ? [] : [["start", String(start)] as const]),
  ];

  return {
    async query(query, signal) {
      const parameters = [["query", query], ["timeout", timeout]] as const;
      return parseReply(await api.ask({ path: "query", parameters, post: true }, signal), address);
    },

    async queryRange({ query, start, end, stepSeconds }, signal) {
      const parameters = [
        ["query", query],
        ["start", String(start)],
        ["end", String(end)],
        ["step", String(stepSeconds)],
        ["timeout", timeout],
      ] as const;
      return parseReply(await api.ask({ path: "query_range", parameters, post: true }, signal), address);
    },

    async labelNames(scope, signal) {
      const request = { path: "labels", parameters: scoped(scope), post: true };
      return parseCatalog(CATALOG_FORMS.labels, await api.ask(request, signal), address);
    },

    async labelValues(label, scope, signal) {
      const request = { path: `label/${encodeURIComponent(label)}/values`, parameters: scoped(scope) };
      return parseCatalog(CATALOG_FORMS.labels, await api.ask(request, signal), address);
    },

    async series(scope, signal) {
      const request = { path: "series", parameters: scoped(scope), post: true };
      return parseCatalog(CATALOG_FORMS.series, await api.ask(request, signal), address);
    },

    async metadata(metric, signal) {
      const parameters = metric === undefined ? [] : [["metric", metric] as const];
      const text = await api.ask({ path: "metadata", parameters }, signal);
      const found = parseCatalog(CATALOG_FORMS.metadata, text, address);
      // Exporters may differ in what they say of a metric: the first speaks for all.
      return new Map(Object.entries(found).flatMap(([name, [first]]) => first ? [[name, first]] : []));
    },

    async alerts(signal) {
      return parseCatalog(CATALOG_FORMS.alerts, await api.ask({ path: "alerts" }, signal), address).alerts;
    },

    async rules(signal) {
      return parseCatalog(CATALOG_FORMS.rules, await api.ask({ path: "rules" }, signal), address).groups;
    },

    async targets(signal) {
      const request = { path: "targets", parameters: [["state", "active"] as const] };
      return parseCatalog(CATALOG_FORMS.targets, await api.ask(request, signal), address).activeTargets;
    },

    async largestMetrics(signal) {
      const text = await api.ask({ path: "status/tsdb" }, signal);
      const { seriesCountByMetricName } = parseCatalog(CATALOG_FORMS.tsdb, text, address);
      return new Map(seriesCountByMetricName.map(({ name, value }) => [name, value]));
    },
  };
}

/** Stands in where no Prometheus is configured: every call says which setting is missing. */
export function prometheusNotConfigured(): Prometheus {
  return noPrometheus(() =>
    new ToolError("unavailable", "Cannot query Prometheus: PROMETHEUS_URL is not set", {
      hint: "Ask the operator to start the server with PROMETHEUS_URL, such as http://prometheus:9090",
    })
  );
}

/** One that answers nothing. @param why it does not */
export function noPrometheus(why: () => ToolError): Prometheus {
  const missing = () => Promise.reject(why());
  return {
    ...{ query: missing, queryRange: missing, labelNames: missing, labelValues: missing, series: missing },
    ...{ metadata: missing, alerts: missing, rules: missing, targets: missing, largestMetrics: missing },
  };
}
