// The official protocol over HTTP beside its peers, in one run: each server on one core, the load from this process on
// the others, every subject in turn in every round:
//   deno run -A bench/whole/official.ts [rounds] [seconds] [folder]
// The folder is where npm has installed the peers, outside of this repository; without one they are left out:
//   npm install --prefix FOLDER @modelcontextprotocol/server-everything@2026.8.31 kubernetes-mcp-server@0.0.67

import { startKubernetesApi } from "../../tests/services/kubernetes.ts";
import { startPostgres } from "../../tests/services/postgres.ts";
import { startRedis } from "../../tests/services/redis.ts";
import { type Cost, post, type Posted } from "./post.ts";
import {
  openSession,
  startEverything,
  startKubernetesPeer,
  startProduct,
  startSdkEcho,
  type Subject,
} from "./subject.ts";

const [rounds, seconds] = [Number(Deno.args[0] ?? 5), Number(Deno.args[1] ?? 3)];
const folder = Deno.args[2];
const CONNECTIONS = 50;
const LATEST = "2026-07-28";
const BOTH = { "content-type": "application/json", accept: "application/json, text/event-stream" };
const META = {
  "io.modelcontextprotocol/protocolVersion": LATEST,
  "io.modelcontextprotocol/clientCapabilities": {},
  "io.modelcontextprotocol/clientInfo": { name: "bench", version: "1" },
};

type Era = "2025-11-25" | typeof LATEST;

/** A message of an era, with the headers that it needs. */
function postedTo({ url, pid }: Subject, era: Era, method: string, params: Readonly<Record<string, unknown>>): Posted {
  const name = typeof params["name"] === "string" ? { "mcp-name": params["name"] } : {};
  const isLatest = era === LATEST;
  const sent = JSON.stringify({ ...params, ...(isLatest && { _meta: META }) });
  return {
    url,
    pid,
    headers: { ...BOTH, "mcp-protocol-version": era, ...(isLatest && { "mcp-method": method, ...name }) },
    body: (id) => `{"jsonrpc":"2.0","id":${id},"method":"${method}","params":${sent}}`,
  };
}

await using closing = new AsyncDisposableStack();
const redis = closing.use(await startRedis({ appendonly: true }));
const postgres = closing.use(await startPostgres());
const newFolder = async () => {
  const path = await Deno.makeTempDir({ prefix: "whole-" });
  closing.defer(() => Deno.remove(path, { recursive: true }));
  return path;
};
const stores = { REDIS_URL: redis.url, DATABASE_URL: postgres.url };
const product = async (settings: Readonly<Record<string, string>>) =>
  closing.use(await startProduct({ ...settings, DATA_DIR: await newFolder() }));

const products = {
  full: await product(stores),
  "full, by the SDK": await product({ ...stores, MCP_DIRECT: "false" }),
  embedded: await product({}),
  "embedded, by the SDK": await product({ MCP_DIRECT: "false" }),
};
const sdk = closing.use(await startSdkEcho());

const GET = { name: "ctx_get", arguments: { key: "bench" } };
const ECHO = { name: "echo", arguments: { message: "bench" } };
const subjects = new Map<string, Posted>();
for (const era of ["2025-11-25", LATEST] as const) {
  for (const [name, subject] of Object.entries(products)) {
    subjects.set(`ctx_get, ${name}, ${era}`, postedTo(subject, era, "tools/call", GET));
  }
  for (const [name, subject] of Object.entries(products).filter(([name]) => name.startsWith("full"))) {
    subjects.set(`tools/list, ${name}, ${era}`, postedTo(subject, era, "tools/list", {}));
  }
  subjects.set(`SDK v2's echo, ${era}`, postedTo(sdk, era, "tools/call", ECHO));
  subjects.set(`SDK v2's tools/list, ${era}`, postedTo(sdk, era, "tools/list", {}));
}
if (folder !== undefined) {
  const everything = closing.use(await startEverything(folder));
  const kubernetes = closing.use(await startKubernetesApi());
  const peer = closing.use(await startKubernetesPeer(folder, kubernetes.kubeconfigPath));
  const inSession = async (
    subject: Subject,
    method: string,
    params: Readonly<Record<string, unknown>>,
  ): Promise<Posted> => ({
    ...postedTo(subject, "2025-11-25", method, params),
    headers: await openSession(subject.url),
  });
  const view = { name: "configuration_view", arguments: {} };
  subjects.set("server-everything's echo", await inSession(everything, "tools/call", ECHO));
  subjects.set("kubernetes-mcp-server's configuration_view", await inSession(peer, "tools/call", view));
  subjects.set("kubernetes-mcp-server's tools/list", await inSession(peer, "tools/list", {}));
}

const runs = new Map<string, Cost[]>([...subjects.keys()].map((name) => [name, []]));
for (const posted of subjects.values()) await post(posted, CONNECTIONS, 1);
for (let round = 0; round < rounds; round++) {
  for (const [name, posted] of subjects) runs.get(name)?.push(await post(posted, CONNECTIONS, seconds));
}

const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;
const medianOf = (name: string, pick: (run: Cost) => number) => median(runs.get(name)?.map(pick) ?? []);
/** Of each round apart, so that what the machine does meanwhile is on both sides. */
function ratio(name: string, other: string): string {
  const others = runs.get(other);
  const ratios = runs.get(name)?.map((run, i) => run.callsPerSecond / (others?.[i]?.callsPerSecond ?? NaN)) ?? [];
  return others ? median(ratios).toFixed(2) : "–";
}

const rows = [...subjects.keys()].map((name) => {
  const era = name.endsWith(LATEST) ? LATEST : "2025-11-25";
  const isList = name.includes("tools/list");
  return {
    name,
    callsPerSecond: Math.round(medianOf(name, (run) => run.callsPerSecond)),
    processorMs: Number(medianOf(name, (run) => run.processorMsPerCall).toFixed(2)),
    p50Ms: Number(medianOf(name, (run) => run.p50Ms).toFixed(1)),
    p99Ms: Number(medianOf(name, (run) => run.p99Ms).toFixed(1)),
    toSdk: ratio(name, `SDK v2's ${isList ? "tools/list" : "echo"}, ${era}`),
    toEverything: isList ? "–" : ratio(name, "server-everything's echo"),
    toKubernetes: ratio(name, `kubernetes-mcp-server's ${isList ? "tools/list" : "configuration_view"}`),
  };
});
const load = (await Deno.readTextFile("/proc/loadavg")).split(" ").slice(0, 3).join(" ");
const lines = [
  "| What, era | calls/s | processor ms a call | p50 / p99 ms | × SDK v2 | × server-everything | × kubernetes-mcp-server |",
  "| --- | --- | --- | --- | --- | --- | --- |",
  ...rows.map((row) =>
    `| ${row.name} | ${row.callsPerSecond} | ${row.processorMs} | ${row.p50Ms} / ${row.p99Ms} | ${row.toSdk} | ${row.toEverything} | ${row.toKubernetes} |`
  ),
];
const report = { rounds, seconds, connections: CONNECTIONS, cores: navigator.hardwareConcurrency, load, rows };
// deno-lint-ignore no-console -- Its result.
console.log(`${JSON.stringify(report)}\n\n${lines.join("\n")}`);
