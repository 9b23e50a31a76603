import assert from "node:assert/strict";
import fc from "fast-check";
import { nearest } from "../../tools/nearest.ts";

const tools = [
  "mcp.tools.list",
  "ctx.get",
  "ctx.set",
  "k8s.list_pods",
  "prom.query_simple",
  "logs.search",
  "runbook.preview",
];

const table: readonly (readonly [wanted: string, names: readonly string[], near: readonly string[]])[] = [
  ["k8s.list_pod", tools, ["k8s.list_pods"]],
  ["k8s_list_pods", tools, ["k8s.list_pods"]],
  ["K8S.LIST_PODS", tools, ["k8s.list_pods"]],
  ["list_pods", tools, ["k8s.list_pods"]],
  ["ctx.get", tools, ["ctx.get", "ctx.set"]],
  ["ctx.gte", tools, ["ctx.get"]],
  ["query", tools, ["prom.query_simple"]],
  ["delete_everything", tools, []],
  ["", tools, []],
  ["", ["", "a", "ab"], []],
  ["x", ["id", "ns"], []],
  ["ns", ["namespace", "ms"], ["ms"]],
  ["pod", ["Pods", "PODCAST"], ["Pods", "PODCAST"]],
  ["a", ["b"], []],
  ["limt", ["limit", "namespace"], ["limit"]],
  ["pay", ["a-pay", "payments", "pay1", "pay12", "pay123", "pay1234"], ["pay1", "a-pay", "pay12", "pay123", "pay1234"]],
  ["anything", [], []],
];

for (const [wanted, names, near] of table) {
  Deno.test(`nearest to ${JSON.stringify(wanted)} of ${JSON.stringify(names)}`, () => {
    assert.deepEqual(nearest(wanted, names), near);
  });
}

Deno.test("nearest is done soon with a mebibyte", () => {
  const started = performance.now();
  assert.deepEqual(nearest("x".repeat(1_048_576), tools), []);
  assert(performance.now() - started < 1000);
});

Deno.test("nearest takes any iterable", () => {
  assert.deepEqual(nearest("ctx.gets", new Map([["ctx.get", 1]]).keys()), ["ctx.get"]);
});

Deno.test("nearest finds every name again after one typing mistake", () => {
  const mistake = fc.tuple(fc.constantFrom(...tools), fc.nat(), fc.constantFrom("", "x", "xy"));
  fc.assert(fc.property(mistake, ([name, at, typed]) => {
    const start = at % name.length;
    const wanted = name.slice(0, start) + typed + name.slice(start + 1);
    assert(nearest(wanted, tools).includes(name));
  }));
});
