import process from "node:process";
import { setImmediate } from "node:timers";
import type { WatchState } from "../storage/audit/audit_watch.ts";
import type { StoreState } from "../storage/state.ts";
import type { RateDecision } from "../storage/rate_limiter.ts";
import type { CallReport } from "../tools/call.ts";
import { GUARDRAIL_VERDICTS, type GuardrailVerdict } from "../tools/prom/guardrail.ts";
import type { PodWatchState } from "../tools/k8s/watch/pod_watch.ts";
import type { OfficialWay } from "./mcp/direct.ts";
import { Counter, Gauge, Histogram, Registry } from "./prom_client.ts";
import { type Refusal, REFUSALS } from "./refusals.ts";
import { registerWatchMetrics } from "./watch_metrics.ts";

/** What is read when Prometheus asks. */
export interface MetricSources {
  readonly connections: () => number;
  readonly inFlight: () => number;
  /** Whether the server stops, and refuses new calls. */
  readonly draining: () => boolean;
  readonly auditQueued: () => number;
  readonly auditSpooled: () => number;
  /** `undefined` where the audit log is not watched. */
  readonly verification: () => WatchState | undefined;
  readonly stores: () => Readonly<Record<"redis" | "postgres", StoreState>>;
  /** The watches of a cluster's pods, a namespace each. */
  readonly podWatches: () => readonly PodWatchState[];
}

/** The server's metrics: what happened is told, what is, is asked. */
export interface Metrics {
  call(report: CallReport): void;
  rate(decision: RateDecision): void;
  refusal(reason: Refusal): void;
  cacheRead(hit: boolean): void;
  officialWay(way: OfficialWay): void;
  guardrail(verdict: GuardrailVerdict): void;
  /** @param seconds from a record's append until it is durable */
  audited(seconds: number): void;
  /** Prometheus' text format. */
  print(): Promise<string>;
  readonly contentType: string;
}

/** Pairs of tool and rule that are counted apart: a policy may have many rules, and a tool rules of its own. */
const DENIALS_MAX = 1000;
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** Builds the metrics in a registry of their own. */
export function createMetrics(sources: MetricSources): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const calls = new Counter({
    name: "mcp_tool_calls_total",
    help: "Tool calls by tool and outcome; unrecorded = refused or lost because the audit log could not keep it",
    labelNames: ["tool", "outcome"],
    registers,
  });
  const denials = new Counter({
    name: "mcp_denied_calls_total",
    help: "Tool calls that a rule refused, by tool and rule: of the policy, a limit or a quota",
    labelNames: ["tool", "rule"],
    registers,
  });
  const denialsSeen = new Set<string>();
  const durations = new Histogram({
    name: "mcp_tool_call_duration_seconds",
    help: "Seconds from a call's arrival until its record is safe",
    labelNames: ["tool"],
    buckets: SECONDS,
    registers,
  });
  const decisions = new Counter({
    name: "mcp_rate_limit_decisions_total",
    help: "Rate limiter decisions; scope local = counted by this replica alone while Redis is away",
    labelNames: ["decision", "scope"],
    registers,
  });
  const refusals = new Counter({
    name: "mcp_refusals_total",
    help: "What was turned away before a tool call was known, and replies that were too long to be sent",
    labelNames: ["reason"],
    registers,
  });
  // A rate over a reason that has not occurred yet is 0, not nothing.
  for (const reason of REFUSALS) refusals.inc({ reason }, 0);
  const cacheReads = new Counter({
    name: "mcp_cache_reads_total",
    help: "Reads of the shared cache before Prometheus and Kubernetes are asked, by result",
    labelNames: ["result"],
    registers,
  });
  for (const result of ["hit", "miss"]) cacheReads.inc({ result }, 0);
  const verdicts = new Counter({
    name: "mcp_prom_guardrail_total",
    help: "PromQL queries by what the guardrail said of their estimated cost; unknown = it could not be counted",
    labelNames: ["verdict"],
    registers,
  });
  for (const verdict of GUARDRAIL_VERDICTS) verdicts.inc({ verdict }, 0);
  const ways = new Counter({
    name: "mcp_official_messages_total",
    help: "Messages of the official protocol, by the way they were answered: direct = without the SDK",
    labelNames: ["way"],
    registers,
  });
  for (const way of ["direct", "sdk"]) ways.inc({ way }, 0);
  const appends = new Histogram({
    name: "mcp_audit_append_duration_seconds",
    help: "Seconds that an audit record waits until it is durable: its share of a group commit",
    buckets: SECONDS,
    registers,
  });
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  gauge("mcp_websocket_connections", "WebSocket connections open", sources.connections);
  gauge("mcp_calls_in_flight", "Tool calls under way", sources.inFlight);
  gauge("mcp_draining", "Whether the server stops and refuses new calls: 1 it does", () => sources.draining() ? 1 : 0);
  gauge("mcp_audit_queue_records", "Audit records that are not durable yet", sources.auditQueued);
  gauge("mcp_audit_spool_records", "Audit records that wait in the spool for Postgres", sources.auditSpooled);
  new Counter({
    name: "mcp_audit_verified_records_total",
    help: "Audit records that this process has verified since its start",
    registers,
    collect() {
      this.reset();
      this.inc(sources.verification()?.verified ?? 0);
    },
  });
  gauge(
    "mcp_audit_verification_failures",
    "Places found since the start where the audit log is not what was written",
    () => sources.verification()?.findings ?? 0,
  );
  new Gauge({
    name: "mcp_audit_verification_last_success_timestamp_seconds",
    help: "When the audit log was last read to verify it, seconds since the epoch; none before the first time",
    registers,
    collect() {
      this.remove();
      const { lastRunMs } = sources.verification() ?? {};
      if (lastRunMs !== undefined) this.set(lastRunMs / 1000);
    },
  });
  new Gauge({
    name: "mcp_store_up",
    help: "Whether a store is usable: 1 connected or embedded, 0 disconnected",
    labelNames: ["store"],
    registers,
    collect() {
      for (const [store, state] of Object.entries(sources.stores())) {
        this.set({ store }, state === "disconnected" ? 0 : 1);
      }
    },
  });
  registerWatchMetrics(registry, sources.podWatches);
  new Gauge({
    name: "mcp_event_loop_delay_seconds",
    help: "Seconds that a turn of the event loop took while this was read",
    registers,
    async collect() {
      const startedMs = performance.now();
      await new Promise((resolve) => setImmediate(resolve));
      this.set((performance.now() - startedMs) / 1000);
    },
  });
  gauge("process_resident_memory_bytes", "Resident memory in bytes", () => Deno.memoryUsage().rss);
  gauge("process_heap_bytes", "Heap in use in bytes", () => Deno.memoryUsage().heapUsed);
  gauge(
    "process_start_time_seconds",
    "Start of the process, seconds since the epoch",
    () => performance.timeOrigin / 1000,
  );
  gauge("process_cpu_seconds", "Processor time used by the process in seconds", () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  });
  return {
    call({ tool = "unknown", outcome, durationMs, rule }) {
      calls.inc({ tool, outcome });
      durations.observe({ tool }, durationMs / 1000);
      if (rule === undefined) return;
      const pair = `${tool} ${rule}`;
      const isCounted = denialsSeen.has(pair) || denialsSeen.size < DENIALS_MAX;
      if (isCounted) denialsSeen.add(pair);
      denials.inc({ tool, rule: isCounted ? rule : "other" });
    },
    rate({ allowed, shared }) {
      decisions.inc({ decision: allowed ? "allowed" : "refused", scope: shared ? "shared" : "local" });
    },
    refusal(reason) {
      refusals.inc({ reason });
    },
    cacheRead(hit) {
      cacheReads.inc({ result: hit ? "hit" : "miss" });
    },
    guardrail(verdict) {
      verdicts.inc({ verdict });
    },
    officialWay(way) {
      ways.inc({ way });
    },
    audited(seconds) {
      appends.observe(seconds);
    },
    print: () => registry.metrics(),
    contentType: registry.contentType,
  };
}
