import assert from "node:assert/strict";
import { ToolError } from "../../../tools/error.ts";
import { openPrometheus, type Prometheus } from "../../../tools/prom/prometheus.ts";
import { parseQuantity } from "../../../tools/k8s/quantity.ts";
import { startKubernetesApi } from "../../services/kubernetes.ts";
import { startPrometheus } from "../../services/prometheus.ts";
import { openByKubeconfig, rejectsWith } from "./cluster.ts";
import { toolsetOf } from "./toolset.ts";

/** A pod of a Deployment with a request of 10m and 16Mi, and a limit of 128Mi. */
const POD = "mcp-server-79b7cc4d58-6qnbt";

Deno.test("usage comes from the metrics API where there is one, those closest to a limit first", async () => {
  await using api = await startKubernetesApi();
  api.put("pods.metrics.k8s.io", {
    ...{ kind: "PodMetrics", apiVersion: "metrics.k8s.io/v1beta1", metadata: { name: POD, namespace: "mcp-lab" } },
    containers: [{ name: "mcp-server", usage: { cpu: "25123456n", memory: "122880Ki" } }],
  });
  await using cluster = await openByKubeconfig(api);
  const { result } = await toolsetOf(cluster).ask("k8s.resource_usage", { namespace: "mcp-lab" });
  assert.equal(result.source, "metrics API");
  assert.deepEqual(result.containers[0], {
    ...{ pod: POD, container: "mcp-server", cpu_m: 25, cpu_request_m: 10 },
    ...{ memory_mi: 120, memory_request_mi: 16, memory_limit_mi: 128 },
  });
  assert.match(result.warnings.join(), /1 containers use over 90 % of a limit/);
  assert.match(result.warnings.join(), /nothing is measured/);
});

Deno.test("usage comes from Prometheus where the cluster has no metrics API", async () => {
  await using api = await startKubernetesApi();
  await using cluster = await openByKubeconfig(api);
  const queries: string[] = [];
  const prometheus = prometheusOf((query) => {
    queries.push(query);
    const value = query.includes("cpu") ? 0.0251 : 125_829_120;
    return { type: "vector", series: [{ labels: { pod: POD, container: "mcp-server" }, value }] };
  });
  const args = { namespace: "mcp-lab", pod: POD };
  const { result } = await toolsetOf(cluster, { prometheus }).ask("k8s.resource_usage", args);
  assert.deepEqual([result.source, result.total], ["Prometheus", 1]);
  assert.deepEqual([result.containers[0].cpu_m, result.containers[0].memory_mi], [25, 120]);
  assert(queries.every((query) => query.includes('{namespace="mcp-lab",container!="",container!="POD"}')));
});

Deno.test("a real Prometheus that scrapes what the kubelet serves, twice, tells what one container uses", async () => {
  await using kubelet = startKubelet();
  await using prometheus = await startPrometheus({
    jobs: ["/metrics/cadvisor", "/metrics/resource"].map((path) => ({ name: path, targets: [kubelet.address], path })),
  });
  // The last of what it serves: all of it has been taken then.
  await prometheus.answers('count(container_memory_working_set_bytes{namespace="elsewhere"}) == 2');
  await using api = await startKubernetesApi();
  await using cluster = await openByKubeconfig(api);
  const asked = toolsetOf(cluster, { prometheus: openPrometheus(prometheus.url) });
  const { result } = await asked.ask("k8s.resource_usage", { namespace: "mcp-lab", pod: POD });
  assert.deepEqual(result, {
    source: "Prometheus",
    containers: [{
      ...{ pod: POD, container: "mcp-server", cpu_m: 25, cpu_request_m: 10 },
      ...{ memory_mi: 120, memory_request_mi: 16, memory_limit_mi: 128 },
    }],
    ...{ returned: 1, total: 1, warnings: ["1 containers use over 90 % of a limit"] },
  });
});

Deno.test("where neither tells what pods use, the reasons of both are told", async () => {
  await using api = await startKubernetesApi();
  await using cluster = await openByKubeconfig(api);
  const { ask } = toolsetOf(cluster);
  await rejectsWith(
    ask("k8s.resource_usage", { namespace: "mcp-lab" }),
    "unavailable",
    /metrics API: .*404.*; Prometheus: /,
    /metrics-server.*PROMETHEUS_URL/,
  );
  const failing = prometheusOf(() => {
    throw new ToolError("timeout", "Too slow");
  });
  const asked = toolsetOf(cluster, { prometheus: failing }).ask("k8s.resource_usage", { namespace: "mcp-lab" });
  await rejectsWith(asked, "unavailable", /Prometheus: Too slow/, /./);
});

Deno.test("quantities are read as Kubernetes writes them", () => {
  const table: readonly (readonly [string | undefined, number | undefined])[] = [
    ["100m", 0.1],
    ["2", 2],
    ["1.5", 1.5],
    ["250000n", 0.00025],
    ["128Mi", 134_217_728],
    ["1G", 1e9],
    ["1e3", 1000],
    ["9007199254740988Ki", 9007199254740988 * 1024],
    ["", undefined],
    ["12 Mi", undefined],
    ["1Xi", undefined],
    [undefined, undefined],
  ];
  for (const [text, expected] of table) assert.equal(parseQuantity(text), expected, String(text));
});

/** A cgroup as cAdvisor labels it, with what it uses. */
interface Cgroup {
  readonly labels: Readonly<Record<string, string>>;
  readonly cores: number;
  readonly bytes: number;
}

const SLICE = "/kubepods.slice/kubepods-burstable.slice/pod1";
const IMAGE = { image: "registry.k8s.io/server:1", name: "0a1b" };
const CGROUPS: readonly Cgroup[] = [
  { labels: { container: "", id: "/", image: "", name: "", namespace: "", pod: "" }, cores: 3, bytes: 8e9 },
  {
    labels: { container: "mcp-server", id: `${SLICE}/0a1b`, ...IMAGE, namespace: "mcp-lab", pod: POD },
    ...{ cores: 0.025, bytes: 125_829_120 },
  },
  // The pod as a whole, and the pause container of older runtimes.
  {
    labels: { container: "", id: SLICE, image: "", name: "", namespace: "mcp-lab", pod: POD },
    ...{ cores: 0.026, bytes: 126_000_000 },
  },
  {
    labels: { container: "POD", id: `${SLICE}/2c3d`, ...IMAGE, namespace: "mcp-lab", pod: POD },
    ...{ cores: 0.001, bytes: 170_880 },
  },
  {
    labels: { container: "mcp-server", id: "/kubepods.slice/pod2/4e5f", ...IMAGE, namespace: "elsewhere", pod: POD },
    ...{ cores: 1, bytes: 1e9 },
  },
];

/** Serves these metrics as a kubelet does, with those of the last six minutes, so that there is a rate at once. */
function startKubelet() {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, () => {
    const nowMs = Date.now();
    const times = Array.from({ length: 25 }, (_, index) => nowMs - (24 - index) * 15_000);
    const linesOf = (name: string, more: object, valueOf: (cgroup: Cgroup, timeMs: number) => number) =>
      CGROUPS.flatMap((cgroup) => {
        const labels = Object.entries({ ...more, ...cgroup.labels }).map(([label, value]) => `${label}="${value}"`);
        return times.map((timeMs) => `${name}{${labels.join()}} ${valueOf(cgroup, timeMs)} ${timeMs}`);
      });
    const cpu = linesOf(
      "container_cpu_usage_seconds_total",
      { cpu: "total" },
      ({ cores }, timeMs) => cores * (timeMs / 1000 - 1.7e9),
    );
    const memory = linesOf("container_memory_working_set_bytes", {}, ({ bytes }) => bytes);
    const types = [
      "# TYPE container_cpu_usage_seconds_total counter",
      "# TYPE container_memory_working_set_bytes gauge",
    ];
    const text = [types[0], ...cpu, types[1], ...memory, ""].join("\n");
    return new Response(text, { headers: { "content-type": "text/plain; version=0.0.4" } });
  });
  return {
    address: `127.0.0.1:${server.addr.port}`,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** A Prometheus with these answers. */
function prometheusOf(answer: (query: string) => Awaited<ReturnType<Prometheus["query"]>>["data"]): Prometheus {
  const query: Prometheus["query"] = (promql) => Promise.try(() => ({ data: answer(promql), warnings: [] }));
  return { query } as Prometheus; // The rest is not asked for.
}
