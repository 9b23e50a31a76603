import assert from "node:assert/strict";
import { createMetrics, type MetricSources } from "../../server/metrics.ts";

function metrics(more: Partial<MetricSources> = {}) {
  return createMetrics({
    connections: () => 3,
    inFlight: () => 2,
    draining: () => false,
    auditQueued: () => 1,
    auditSpooled: () => 4,
    verification: () => undefined,
    stores: () => ({ redis: "connected", postgres: "embedded" }),
    podWatches: () => [],
    ...more,
  });
}

/** Samples by name and labels, as they are printed. */
async function samples(of: ReturnType<typeof metrics>): Promise<Map<string, number>> {
  const lines = (await of.print()).split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(lines.map((line) => {
    const at = line.lastIndexOf(" ");
    return [line.slice(0, at), Number(line.slice(at + 1))];
  }));
}

/** What dashboards, alerts and runbooks hold on to: name and type. */
const PUBLISHED = [
  "mcp_audit_append_duration_seconds histogram",
  "mcp_audit_queue_records gauge",
  "mcp_audit_spool_records gauge",
  "mcp_audit_verification_failures gauge",
  "mcp_audit_verification_last_success_timestamp_seconds gauge",
  "mcp_audit_verified_records_total counter",
  "mcp_cache_reads_total counter",
  "mcp_calls_in_flight gauge",
  "mcp_denied_calls_total counter",
  "mcp_draining gauge",
  "mcp_event_loop_delay_seconds gauge",
  "mcp_k8s_watch_age_seconds gauge",
  "mcp_k8s_watch_connected gauge",
  "mcp_k8s_watch_lists_total counter",
  "mcp_k8s_watch_pods gauge",
  "mcp_official_messages_total counter",
  "mcp_prom_guardrail_total counter",
  "mcp_rate_limit_decisions_total counter",
  "mcp_refusals_total counter",
  "mcp_store_up gauge",
  "mcp_tool_call_duration_seconds histogram",
  "mcp_tool_calls_total counter",
  "mcp_websocket_connections gauge",
  "process_cpu_seconds gauge",
  "process_heap_bytes gauge",
  "process_resident_memory_bytes gauge",
  "process_start_time_seconds gauge",
];

Deno.test("the metrics have the names and types that others hold on to, each with a help text", async () => {
  const text = await metrics().print();
  const types = Array.from(text.matchAll(/^# TYPE (.*)$/gm), ([, type]) => type);
  assert.deepEqual(types.sort(), PUBLISHED);
  const helps = Array.from(text.matchAll(/^# HELP (\S+) \S.*$/gm), ([, name]) => name);
  assert.equal(helps.length, PUBLISHED.length);
});

Deno.test("calls are counted by tool and outcome, and timed in seconds by tool", async () => {
  const of = metrics();
  of.call({ tool: "ctx.get", outcome: "ok", durationMs: 20 });
  of.call({ tool: "ctx.get", outcome: "ok", durationMs: 400 });
  of.call({ tool: "ctx.get", outcome: "timeout", durationMs: 30_000 });
  of.call({ tool: undefined, outcome: "invalid", durationMs: 0.1 });
  of.call({ tool: undefined, outcome: "unrecorded", durationMs: 0.1 });
  const found = await samples(of);
  const expected: Record<string, number> = {
    'mcp_tool_calls_total{tool="ctx.get",outcome="ok"}': 2,
    'mcp_tool_calls_total{tool="ctx.get",outcome="timeout"}': 1,
    'mcp_tool_calls_total{tool="unknown",outcome="invalid"}': 1,
    'mcp_tool_calls_total{tool="unknown",outcome="unrecorded"}': 1,
    'mcp_tool_call_duration_seconds_bucket{le="0.01",tool="ctx.get"}': 0,
    'mcp_tool_call_duration_seconds_bucket{le="0.025",tool="ctx.get"}': 1,
    'mcp_tool_call_duration_seconds_bucket{le="0.5",tool="ctx.get"}': 2,
    'mcp_tool_call_duration_seconds_bucket{le="30",tool="ctx.get"}': 3,
    'mcp_tool_call_duration_seconds_count{tool="ctx.get"}': 3,
    'mcp_tool_call_duration_seconds_sum{tool="ctx.get"}': 30.42,
  };
  for (const [name, value] of Object.entries(expected)) assert.equal(found.get(name), value, name);
});

Deno.test("decisions of the limiter and refusals are counted by what they were", async () => {
  const of = metrics();
  const decision = { limit: 10, remaining: 0, resetMs: 1 };
  of.rate({ ...decision, allowed: true, shared: true });
  of.rate({ ...decision, allowed: false, shared: true });
  of.rate({ ...decision, allowed: false, shared: false });
  of.refusal("origin");
  of.refusal("origin");
  const found = await samples(of);
  assert.equal(found.get('mcp_rate_limit_decisions_total{decision="allowed",scope="shared"}'), 1);
  assert.equal(found.get('mcp_rate_limit_decisions_total{decision="refused",scope="shared"}'), 1);
  assert.equal(found.get('mcp_rate_limit_decisions_total{decision="refused",scope="local"}'), 1);
  assert.equal(found.get('mcp_refusals_total{reason="origin"}'), 2);
});

Deno.test("calls that a rule refused are counted by tool and rule, in a bounded number of rows", async () => {
  const of = metrics();
  const report = { outcome: "denied", durationMs: 1 } as const;
  of.call({ ...report, tool: "ctx.set", rule: "viewer.readOnly" });
  of.call({ ...report, tool: "ctx.set", rule: "viewer.readOnly" });
  of.call({ ...report, tool: "ctx.set", rule: 'lab.arguments["ctx.*"]["key"]' });
  of.call({ ...report, tool: undefined, outcome: "rate_limited", rule: "RATE_LIMIT_PER_MINUTE" });
  of.call({ ...report, tool: "ctx.set", outcome: "ok" });
  for (let rule = 0; rule < 2000; rule++) of.call({ ...report, tool: "ctx.get", rule: `deny[${rule}]` });
  of.call({ ...report, tool: "ctx.set", rule: "viewer.readOnly" });
  const rows = new Map([...await samples(of)].filter(([name]) => name.startsWith("mcp_denied_calls_total")));
  const count = (tool: string, rule: string) => rows.get(`mcp_denied_calls_total{tool="${tool}",rule="${rule}"}`);
  assert.equal(count("ctx.set", "viewer.readOnly"), 3);
  assert.equal(count("ctx.set", String.raw`lab.arguments[\"ctx.*\"][\"key\"]`), 1);
  assert.equal(count("unknown", "RATE_LIMIT_PER_MINUTE"), 1);
  assert.equal(count("ctx.get", "deny[0]"), 1);
  assert.equal(rows.size, 1001);
  assert.equal(count("ctx.get", "other"), 2000 - 997);
});

Deno.test("what is, is asked for each time it is printed", async () => {
  let redis: "connected" | "disconnected" = "connected";
  let inFlight = 2;
  const of = metrics({ stores: () => ({ redis, postgres: "embedded" }), inFlight: () => inFlight });
  const before = await samples(of);
  const names = ["mcp_websocket_connections", "mcp_calls_in_flight", "mcp_audit_queue_records"];
  assert.deepEqual(names.map((name) => before.get(name)), [3, 2, 1]);
  assert.deepEqual(['mcp_store_up{store="redis"}', 'mcp_store_up{store="postgres"}'].map((name) => before.get(name)), [
    1,
    1,
  ]);
  redis = "disconnected";
  inFlight = 0;
  const after = await samples(of);
  assert.equal(after.get('mcp_store_up{store="redis"}'), 0);
  assert.equal(after.get("mcp_calls_in_flight"), 0);
});

Deno.test("the process's own figures are plausible", async () => {
  const found = await samples(metrics());
  const of = (name: string) => found.get(name) ?? NaN;
  assert(of("process_resident_memory_bytes") > 10_000_000);
  assert(of("process_heap_bytes") > 100_000 && of("process_heap_bytes") < of("process_resident_memory_bytes"));
  assert(Math.abs(of("process_start_time_seconds") - Date.now() / 1000) < 3600);
  assert(of("process_cpu_seconds") > 0 && of("process_cpu_seconds") < 3600);
});

Deno.test("reads of the caches are counted, hits and misses from the first print on, and commits are timed", async () => {
  const of = metrics();
  const read = (result: string) => `mcp_cache_reads_total{result="${result}"}`;
  const before = await samples(of);
  assert.deepEqual([before.get(read("hit")), before.get(read("miss"))], [0, 0]);
  of.cacheRead(true);
  of.cacheRead(true);
  of.cacheRead(false);
  of.audited(0.004);
  const after = await samples(of);
  assert.deepEqual([after.get(read("hit")), after.get(read("miss"))], [2, 1]);
  assert.equal(after.get('mcp_audit_append_duration_seconds_bucket{le="0.0025"}'), 0);
  assert.equal(after.get('mcp_audit_append_duration_seconds_bucket{le="0.005"}'), 1);
});

Deno.test("a server that stops says so, and the event loop's delay is told in seconds", async () => {
  let draining = false;
  const of = metrics({ draining: () => draining });
  assert.equal((await samples(of)).get("mcp_draining"), 0);
  draining = true;
  const found = await samples(of);
  assert.equal(found.get("mcp_draining"), 1);
  const delay = found.get("mcp_event_loop_delay_seconds") ?? NaN;
  assert(delay >= 0 && delay < 10, String(delay));
});

Deno.test("two servers in one process count apart", async () => {
  const [one, other] = [metrics(), metrics()];
  one.refusal("origin");
  assert.equal((await samples(other)).get('mcp_refusals_total{reason="origin"}'), 0);
});

Deno.test("what the watch over the audit log came to is asked for each time; before its first run there is no time", async () => {
  let state: ReturnType<MetricSources["verification"]> = { verified: 0, findings: 0, lastRunMs: undefined };
  const of = metrics({ verification: () => state });
  const seen = async () => {
    const found = await samples(of);
    return [
      found.get("mcp_audit_verified_records_total"),
      found.get("mcp_audit_verification_failures"),
      found.get("mcp_audit_verification_last_success_timestamp_seconds"),
    ];
  };
  assert.deepEqual(await seen(), [0, 0, undefined]);
  state = { verified: 10, findings: 2, lastRunMs: 1_700_000_000_500 };
  assert.deepEqual(await seen(), [10, 2, 1_700_000_000.5]);
  assert.deepEqual(await seen(), [10, 2, 1_700_000_000.5]);
});

Deno.test("the watches of pods that there are now are told, and none that there were", async () => {
  let watches = [
    { namespace: "shop", pods: 3, connected: true, ageSeconds: 7, lists: 2 },
    { namespace: "new", pods: 0, connected: false, ageSeconds: undefined, lists: 0 },
  ];
  const of = metrics({ podWatches: () => watches });
  const told = async () => [...await samples(of)].filter(([name]) => name.startsWith("mcp_k8s_watch"));
  assert.deepEqual(await told(), [
    ['mcp_k8s_watch_pods{namespace="shop"}', 3],
    ['mcp_k8s_watch_pods{namespace="new"}', 0],
    ['mcp_k8s_watch_connected{namespace="shop"}', 1],
    ['mcp_k8s_watch_connected{namespace="new"}', 0],
    ['mcp_k8s_watch_age_seconds{namespace="shop"}', 7],
    ['mcp_k8s_watch_lists_total{namespace="shop"}', 2],
    ['mcp_k8s_watch_lists_total{namespace="new"}', 0],
  ]);
  watches = [];
  assert.deepEqual(await told(), []);
});
