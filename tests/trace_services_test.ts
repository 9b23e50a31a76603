import assert from "node:assert/strict";
import { testBeside } from "./services/beside.ts";
import { attributesOf, type Collector, startCollector } from "./services/collector.ts";
import { type KubernetesApi, startKubernetesApi } from "./services/kubernetes.ts";
import { type PostgresService, startPostgres } from "./services/postgres.ts";
import { type PrometheusServer, startPrometheus } from "./services/prometheus.ts";
import { type RedisService, startRedis } from "./services/redis.ts";
import { startServer } from "./services/server.ts";
import { openSocket, type TestSocket } from "./services/socket.ts";

// The stores and systems that a call asks are real here.

let kubernetes: KubernetesApi;
let prometheus: PrometheusServer;
let redis: RedisService;
let postgres: PostgresService;

Deno.test.beforeAll(async () => {
  [kubernetes, prometheus, redis, postgres] = await Promise.all([
    startKubernetesApi(),
    startPrometheus(),
    startRedis(),
    startPostgres(),
  ]);
});

Deno.test.afterAll(async () => {
  await Promise.all([kubernetes, prometheus, redis, postgres].map((service) => service[Symbol.asyncDispose]()));
});

const SAID = { password: "hunter2-of-the-cluster", selector: "of_nobodys_business" };

/** Calls, and the spans that each makes beside those that every call makes. */
const CALLS: readonly (readonly [tool: string, args: Readonly<Record<string, unknown>>, spans: readonly string[]])[] = [
  ["ctx.set", { key: SAID.selector, value: SAID.password }, ["context.set"]],
  ["ctx.get", { key: SAID.selector }, ["context.get"]],
  ["ctx.delete", { key: SAID.selector }, ["context.delete"]],
  ["k8s.list_pods", { namespace: "mcp-lab" }, ["cache.get", "kubernetes.listPods"]],
  ["k8s.list", { kind: "pods", namespace: "mcp-lab", labels: `app!=${SAID.selector}` }, [
    "kubernetes.objects.findKind",
    "kubernetes.objects.listTable",
  ]],
  ["logs.search", { namespace: "mcp-lab", pod: "redis-mcp-0" }, ["kubernetes.findContainers", "kubernetes.readLog"]],
  ["prom.query_simple", { query: `up{job!="${SAID.selector}"}` }, ["prometheus.query"]],
  ["prom.query_range", { query: `up{job!="${SAID.selector}"}` }, ["prometheus.queryRange"]],
  ["prom.label_values", { label: "job", match: `up{job!="${SAID.selector}"}` }, ["prometheus.labelValues"]],
  ["prom.metrics", { search: SAID.selector }, ["prometheus.metadata"]],
  ["prom.targets", {}, ["prometheus.targets"]],
  ["audit.query", { limit: 1 }, ["audit.query"]],
];

const RUNBOOK = "## Look\n\n```sh\nkubectl get pods -n mcp-lab\n```\n\n## Compare\n\n```promql\nup\n```\n";
const INTERNAL = 1;

/** The kind and the system of what a span asks, by the port that it is named after. */
const PORTS: Readonly<Record<string, readonly [kind: number, attribute: string, value: string]>> = {
  context: [3, "db.system.name", "redis"],
  cache: [3, "db.system.name", "redis"],
  limiter: [3, "db.system.name", "redis"],
  audit: [3, "db.system.name", "postgresql"],
  kubernetes: [3, "peer.service", "kubernetes"],
  prometheus: [3, "peer.service", "prometheus"],
};

const settingsOf = (collector: Collector) => ({
  ...collector.settings,
  REDIS_URL: redis.url,
  DATABASE_URL: postgres.url,
  PROMETHEUS_URL: prometheus.url,
  KUBECONFIG: kubernetes.kubeconfigPath,
  TOOLSETS: "all,runbook-run",
});

const traceIdOf = (index: number) => `${index}`.padStart(32, "c");

/** Calls with a trace of the caller's. @returns the result */
async function traced(socket: TestSocket, index: number, tool: string, args: unknown) {
  const _meta = { traceparent: `00-${traceIdOf(index)}-00f067aa0ba902b7-01` };
  const { error, result } = await socket.call("mcp.tools.call", { name: tool, args, _meta });
  assert.equal(error, undefined, JSON.stringify(error));
  return result;
}

testBeside(
  "what a call asks of Redis, Postgres, Kubernetes and Prometheus are spans under it, and say nothing of it",
  async (t) => {
    await using collector = startCollector();
    const runbooks = await Deno.makeTempDir({ prefix: "trace-runbooks-" });
    await using _runbooks = { [Symbol.asyncDispose]: () => Deno.remove(runbooks, { recursive: true }) };
    await Deno.writeTextFile(`${runbooks}/look.md`, RUNBOOK);
    {
      await using server = await startServer({ ...settingsOf(collector), RUNBOOK_DIR: runbooks });
      await using socket = await openSocket(server.socketUrl);
      for (const [index, [tool, args, names]] of CALLS.entries()) {
        await t.step(tool, async () => {
          await traced(socket, index, tool, args);
          const traceId = traceIdOf(index);
          const call = await collector.told((span) => span.traceId === traceId && span.name === `tools/call ${tool}`);
          // The wait for the group commit is a child too.
          for (const name of [...names, "limiter.take", "audit.append"]) {
            const child = await collector.told((span) => span.traceId === traceId && span.name === name);
            assert.equal(child.parentSpanId, call.spanId, name);
            const [kind, attribute, value] = PORTS[name.split(".")[0] ?? ""] ?? [];
            assert.deepEqual([child.kind, attributesOf(child)[attribute ?? ""]], [kind, value], name);
          }
        });
      }
      await t.step("the calls that runbook.preview and runbook.run make are spans under theirs", async () => {
        const first = CALLS.length;
        const { plan } = await traced(socket, first, "runbook.preview", { runbook_id: "look", plan: true });
        await traced(socket, first + 1, "runbook.run", { runbook_id: "look", digest: plan.digest });
        for (const [index, tool] of [[first, "runbook.preview"], [first + 1, "runbook.run"]] as const) {
          const inTrace = (name: string) =>
            collector.told((span) => span.traceId === traceIdOf(index) && span.name === name);
          const outer = await inTrace(`tools/call ${tool}`);
          for (const name of ["k8s.list_pods", "prom.query_simple"]) {
            const nested = await inTrace(`tools/call ${name}`);
            assert.deepEqual([nested.parentSpanId, nested.kind], [outer.spanId, INTERNAL], `${tool}: ${name}`);
            const { "gen_ai.tool.name": told, "jsonrpc.request.id": id } = attributesOf(nested);
            assert.deepEqual([told, id], [name, undefined]);
            for (const child of ["cache.get", "limiter.take", "audit.append"]) {
              await collector.told((span) => span.name === child && span.parentSpanId === nested.spanId);
            }
          }
        }
      });
      assert(!server.output().includes("OTEL_TRACES_SAMPLER"), "nothing is told of a sampler that is as it should be");
    }
    const text = collector.text();
    const { password } = new URL(postgres.url);
    const secrets = [
      ...Object.values(SAID),
      kubernetes.token,
      "mcp-lab",
      "redis-mcp-0",
      ...(password ? [password] : []),
    ];
    for (const secret of secrets) assert(!text.includes(secret), `${secret} is told`);
  },
);

testBeside(
  "with a sampler that asks no parent, Deno tells the URLs of requests, and the start says what to set",
  async () => {
    await using collector = startCollector();
    await using server = await startServer({ ...settingsOf(collector), OTEL_TRACES_SAMPLER: "always_on" });
    assert.match(server.output(), /WARN: .*OTEL_TRACES_SAMPLER=parentbased_always_on/);
    await using socket = await openSocket(server.socketUrl);
    await traced(socket, 0, "logs.search", { namespace: "mcp-lab", pod: "redis-mcp-0" });
    await collector.told((span) => String(attributesOf(span)["url.full"]).includes("/namespaces/mcp-lab/pods"));
  },
);
