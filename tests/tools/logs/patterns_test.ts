import assert from "node:assert/strict";
import { parseArguments } from "../../../tools/arguments.ts";
import { clusterLogs } from "../../../tools/logs/cluster_logs.ts";
import type { LogEntry } from "../../../tools/logs/merge.ts";
import { PatternGroups } from "../../../tools/logs/pattern_groups.ts";
import { logsPatterns } from "../../../tools/logs/patterns.ts";
import { shape } from "../../../tools/shape.ts";
import { type KubernetesApi, startKubernetesApi } from "../../services/kubernetes.ts";
import { call } from "../k8s/call.ts";
import { openByKubeconfig } from "../k8s/cluster.ts";

Deno.test("logs.patterns groups a namespace's lines, errors first, then the most frequent", async () => {
  await using api = await startKubernetesApi();
  const { patterns, lines, total } = await patternsOf(api, { namespace: "mcp-lab", pod: "mcp-server-*" });
  assert.equal(patterns[0]?.level, "error");
  assert.equal(lines, patterns.length < total ? lines : patterns.reduce((sum, { count }) => sum + count, 0));
  const warnings = patterns.filter(({ level }) => level === "warning");
  assert.deepEqual(warnings.slice(0, 1).map(({ pattern, count, example }) => [pattern, count, example]), [
    ['level=warn msg="slow tick" n=<n>', 25, 'level=warn msg="slow tick" n=125'],
  ]);
  const frequent = patterns.find(({ level }) => level === undefined);
  assert.match(frequent?.pattern ?? "", /"msg":"heartbeat","n":<n>,"pod":<text>/);
  assert.equal(frequent?.pods.length, 3);
  assert(frequent && frequent.count > 30 && frequent.first < frequent.last);
});

Deno.test("logs.patterns narrows as logs.search does", async () => {
  await using api = await startKubernetesApi();
  const { patterns, lines, total } = await patternsOf(api, { namespace: "mcp-lab", query: "slow tick" });
  assert.deepEqual([patterns.length, lines, total], [1, 25, 1]);
});

Deno.test("logs.patterns costs 2,000 tokens by default, of any namespace, and pages through the rest", async () => {
  await using api = await startKubernetesApi();
  const word = (index: number) =>
    `${String.fromCharCode(97 + index % 26, 97 + Math.floor(index / 26) % 26)}é`.repeat(40);
  const lines = Array.from({ length: 600 }, (_, index) => ({
    time: new Date(Date.UTC(2026, 0, 1) + index * 10).toISOString().replace("Z", "000001Z"),
    bytes: `${word(index)} ${word(index + 7)} ${index}`,
  }));
  api.setLog("mcp-lab", "redis-mcp-0", "redis", lines);
  for (const args of [{ namespace: "mcp-lab" }, { namespace: "crowd" }, { namespace: "mcp-lab", pod: "redis-mcp-0" }]) {
    const result = await patternsOf(api, args);
    const { tokens } = shape(result, 1_000_000);
    assert(tokens <= 2_000, `${tokens} tokens of ${JSON.stringify(args)}`);
  }
  const first = await patternsOf(api, { namespace: "mcp-lab", pod: "redis-mcp-0" });
  assert.equal(first.total, 600);
  const second = await patternsOf(api, { namespace: "mcp-lab", pod: "redis-mcp-0", cursor: first.next });
  assert(second.returned > 0 && second.patterns[0]?.pattern !== first.patterns[0]?.pattern);
  const rest = await patternsOf(api, { namespace: "mcp-lab", pod: "redis-mcp-0", limit: 200 });
  assert.equal(rest.returned, 200);
});

Deno.test("words that differ among lines of many words are marked, lines that differ in most are apart", () => {
  const groups = new PatternGroups();
  for (const user of ["ann", "bob", "eve"]) groups.add(entry(`user ${user} has logged in`));
  groups.add(entry("user quota was never set"));
  assert.deepEqual(groups.list().map(({ pattern, count }) => [pattern, count]), [
    ["user <*> has logged in", 3],
    ["user quota was never set", 1],
  ]);
});

Deno.test("patterns are bounded: what comes after is counted", () => {
  const groups = new PatternGroups();
  for (let index = 0; index < 1_200; index++) groups.add(entry(word(index)));
  assert.deepEqual([groups.list().length, groups.ungrouped], [1_000, 200]);
});

Deno.test("no secret is in a pattern or an example, whole or in part", () => {
  const groups = new PatternGroups();
  groups.add(entry("login with password=hunter2-Secret and ghp_0123456789abcdefghijABCDEFGHIJ012345"));
  const text = JSON.stringify(groups.list());
  assert(!/hunter|Secret|ghp_|abcdefghij/.test(text), text);
});

async function patternsOf(api: KubernetesApi, args: Record<string, unknown>) {
  await using cluster = await openByKubeconfig(api);
  const tool = logsPatterns(clusterLogs(cluster));
  return await tool.run(parseArguments(tool, args), call());
}

function entry(message: string): LogEntry {
  return { timestamp: "2026-11-22T10:16:08Z", pod: "a", container: "main", message };
}

/** A word of letters alone, of its own for each index. */
function word(index: number): string {
  return Array.from(String(index), (digit) => String.fromCharCode(103 + Number(digit))).join("");
}
