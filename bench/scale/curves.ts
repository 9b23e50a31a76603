import { closedLoop } from "../load/closed_loop.ts";
import { threadsMs } from "../load/process_cost.ts";
import { startKubernetesApi } from "../../tests/services/kubernetes.ts";
import { recordedJson } from "../../tests/services/kubernetes/recorded.ts";
import { houseMethods } from "../../rpc/house.ts";
import { createRouter } from "../../rpc/router.ts";
import { DEFAULT_PRINCIPAL } from "../../server/peer.ts";
import { openAuthorizer } from "../../tools/authorizer.ts";
import { mcpToolsList } from "../../tools/mcp/list.ts";
import type { Tool } from "../../tools/tool.ts";
import { listedTools } from "../../tools/listed_tools.ts";
import { TOOLSET_WORDS } from "../../tools/toolsets.ts";
import { webSocketCell } from "../whole/cell.ts";
import { openCaller } from "./calls.ts";
import { addRows } from "./audit_rows.ts";
import { COUNTED, startWhole } from "./stores.ts";

/** What is measured at a size, by the names of its columns. */
export type Figures = Readonly<Record<string, number>>;

const TIMES = 101;

/** Sockets that all call `ctx.get`, one call under way on each. */
export async function connections(count: number): Promise<Figures> {
  await using whole = await startWhole({
    ...COUNTED,
    CONNECTIONS_MAX: "20000",
    CONNECTIONS_PER_PRINCIPAL_MAX: "20000",
  });
  const { url, pid } = whole.server;
  const cell = webSocketCell(["server", { port: Number(new URL(url).port), pid }], "ctx.get", [count, 1]);
  await closedLoop({ ...cell, seconds: 3 });
  const { callsPerSecond, p50Ms, p99Ms, processorMicros } = await closedLoop({ ...cell, seconds: 4 });
  return { "calls/s": callsPerSecond, "p50 ms": p50Ms, "p99 ms": p99Ms, "µs of processor a call": processorMicros };
}

/** A context value of so many characters, written and read. */
export async function payload(bytes: number): Promise<Figures> {
  const bound = "4000000";
  await using whole = await startWhole({ MESSAGE_BYTES_MAX: bound, RESULT_BYTES_MAX: bound, QUEUED_BYTES_MAX: bound });
  await using caller = await openCaller(whole.server);
  const value = "lorem ipsum ".repeat(Math.ceil(bytes / 12)).slice(0, bytes);
  const times = bytes > 100_000 ? 15 : TIMES;
  await caller.median(20, "ctx.set", () => ({ key: "warm", value: "up" }));
  const setMs = await caller.median(times, "ctx.set", () => ({ key: "payload", value }));
  const usedMs = threadsMs(whole.server.pid);
  const getMs = await caller.median(times, "ctx.get", () => ({ key: "payload" }));
  const us = (threadsMs(whole.server.pid) - usedMs) * 1000 / times;
  return { "ctx.set ms": setMs, "ctx.get ms": getMs, "µs of processor a get": us };
}

/** An audit log with so many rows. */
export async function auditRows(rows: number): Promise<Figures> {
  await using whole = await startWhole({ TOOLSETS: "audit", AUDIT_VERIFY_SECONDS: "0" });
  const sizes = await addRows(whole.postgres, rows);
  await using caller = await openCaller(whole.server);
  const appendMs = await caller.median(TIMES, "ctx.get", () => ({ key: "bench" }));
  const newestMs = await caller.median(21, "audit.query", () => ({ limit: 20 }));
  const deepMs = await caller.median(21, "audit.query", () => ({ limit: 20, before: Math.ceil(rows / 2) }));
  const toolMs = await caller.median(21, "audit.query", () => ({ limit: 20, tool: "ctx.set" }));
  return {
    "ctx.get with its record, ms": appendMs,
    "newest 20, ms": newestMs,
    "20 from the middle, ms": deepMs,
    "20 of one tool, ms": toolMs,
    ...sizes,
  };
}

/** A Redis with so many context keys. */
export async function contextKeys(keys: number): Promise<Figures> {
  await using whole = await startWhole({ TOOLSETS: "ctx" });
  const fill =
    "for i = tonumber(ARGV[1]), tonumber(ARGV[2]) do redis.call('SET', 'ctx:key-' .. i, '\"value\"', 'EX', 3600) end";
  const step = 50_000;
  for (let at = 1; at <= keys; at += step) {
    await whole.redis.cli("EVAL", fill, "0", `${at}`, `${Math.min(keys, at + step - 1)}`);
  }
  await using caller = await openCaller(whole.server);
  const [, bytes = "NaN"] = /used_memory:(\d+)/.exec(await whole.redis.cli("INFO", "memory")) ?? [];
  await caller.median(20, "ctx.get", () => ({ key: "warm" }));
  return {
    "ctx.get ms": await caller.median(TIMES, "ctx.get", (i) => ({ key: `key-${1 + (i * 7919) % keys}` })),
    "ctx.set ms": await caller.median(TIMES, "ctx.set", (i) => ({ key: `key-${1 + (i * 7919) % keys}`, value: i })),
    "ctx.list, all, ms": await caller.median(11, "ctx.list", () => ({})),
    "ctx.list of one prefix, ms": await caller.median(11, "ctx.list", () => ({ prefix: `key-${keys}` })),
    "Redis MiB": Number(bytes) / 2 ** 20,
  };
}

/** A namespace with so many pods, one in a hundred of them unwell. */
export async function pods(count: number): Promise<Figures> {
  await using api = await startKubernetesApi();
  const template = recordedJson("pods/single-with-managed-fields.json");
  api.put(
    "pods",
    ...Array.from({ length: count }, (_, i) => ({
      ...template,
      metadata: { ...template.metadata, name: `pod-${i}`, namespace: "bench", uid: crypto.randomUUID() },
      status: { ...template.status, ...(i % 100 === 0 && { phase: "Failed" }) },
    })),
  );
  await using whole = await startWhole({ KUBECONFIG: api.kubeconfigPath, TOOLSETS: "core" });
  await using caller = await openCaller(whole.server);
  // The library is loaded, and another namespace is what it was loaded for.
  await caller.call("k8s.list_pods", { namespace: "default" });
  const cold = async () => {
    await whole.redis.cli("FLUSHALL");
    const startedMs = performance.now();
    const reply = await caller.call("k8s.list_pods", { namespace: "bench" });
    return { ms: performance.now() - startedMs, bytes: reply.length };
  };
  const runs = [await cold(), await cold(), await cold()].toSorted((a, b) => a.ms - b.ms);
  const cachedMs = await caller.median(31, "k8s.list_pods", () => ({ namespace: "bench" }));
  return { "cold ms": runs[1]?.ms ?? NaN, "cached ms": cachedMs, "KiB of the answer": (runs[0]?.bytes ?? NaN) / 1024 };
}

/** A catalogue of so many tools: the product's own again and again, by other names. In this process, without a socket. */
export async function tools(count: number): Promise<Figures> {
  const own = await listedTools(TOOLSET_WORDS);
  const many = Array.from({ length: count }, (_, i) => ({ ...own[i % own.length] as Tool, name: `tool.n${i}` }));
  const list = mcpToolsList(() => many, openAuthorizer);
  const route = createRouter(
    houseMethods<undefined>(many.map(({ name }) => name), () => Promise.resolve({})),
    { idRequired: true, batchMax: 1, batchBytesMax: 1000, depthMax: 100, onRefusal() {}, onFault() {} } as never,
  );
  const text = `{"jsonrpc":"2.0","id":1,"method":"tool.n${count - 1}","params":{}}`;
  const usOf = async (times: number, run: () => unknown) => {
    for (let i = 0; i < times; i++) await run();
    const startedMs = performance.now();
    for (let i = 0; i < times; i++) await run();
    return (performance.now() - startedMs) / times * 1000;
  };
  return {
    "µs to list": await usOf(200, () => list.run({}, { principal: DEFAULT_PRINCIPAL } as never)),
    "µs to route a call": await usOf(5000, () => route(text, undefined)),
  };
}
