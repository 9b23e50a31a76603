import assert from "node:assert/strict";
import { parseArguments } from "../../../tools/arguments.ts";
import type { Notice } from "../../../tools/call_context.ts";
import { ToolError } from "../../../tools/error.ts";
import type { LogBackend, LogFinds, LogQuery } from "../../../tools/logs/backend.ts";
import { clusterLogs } from "../../../tools/logs/cluster_logs.ts";
import { logsFollow } from "../../../tools/logs/follow.ts";
import type { FollowOptions } from "../../../tools/logs/follower.ts";
import type { LogEntry } from "../../../tools/logs/merge.ts";
import { shape } from "../../../tools/shape.ts";
import { startKubernetesApi } from "../../services/kubernetes.ts";
import { recordedNow } from "../../services/kubernetes/logs.ts";
import { call } from "../k8s/call.ts";
import { openByKubeconfig, rejectsWith } from "../k8s/cluster.ts";

Deno.test("logs.follow gives each line that is written from now on once, and ends when there are enough", async () => {
  await using api = await startKubernetesApi();
  await using cluster = await openByKubeconfig(api);
  const second = Date.parse(recordedNow());
  const line = (index: number) => ({
    time: new Date(second + index * 10).toISOString().replace("Z", "000001Z"),
    bytes: `tick ${index}`,
  });
  let looks = 0;
  const log = [{ time: "2026-01-01T00:00:00.000000001Z", bytes: "tick of long ago" }];
  api.interfere(({ url }) => {
    if (!url.pathname.endsWith("/log")) return undefined;
    log.push(line(++looks));
    api.setLog("mcp-lab", "redis-mcp-0", "redis", log);
    return undefined;
  });
  const tool = logsFollow(clusterLogs(cluster), { pollMs: 1 });
  const args = { namespace: "mcp-lab", pod: "redis-mcp-0", query: "tick", seconds: 60, limit: 3 };
  const { logs, matched, truncated } = await tool.run(parseArguments(tool, args), call());
  const messages = logs.map(({ message }) => message);
  assert.equal(messages.length, 3);
  assert.equal(new Set(messages).size, 3);
  assert(messages.every((message) => /^tick \d+$/.test(message)), messages.join());
  assert.deepEqual([matched, truncated], [3, false]);
});

Deno.test("logs.follow ends when its time is over, looks no further back than it began, and tells no line of it", async () => {
  const asked: LogQuery[] = [];
  const told: Notice[] = [];
  let ms = 0;
  const backend = backendOf((query) => {
    asked.push(query);
    return [entry(asked.length), entry(1)];
  });
  const result = await follow(backend, { seconds: 3 }, { pollMs: 0, elapsed: () => (ms += 400) }, told);
  assert(asked.length >= 3 && asked.length <= 5, `${asked.length} looks`);
  assert.equal(asked[0]?.sinceSeconds, 1);
  assert(asked.every(({ sinceSeconds = 0 }) => sinceSeconds <= 4));
  assert.equal(result.matched, asked.length);
  assert.deepEqual(result.logs.map(({ message }) => message), asked.map((_, index) => `line ${index + 1}`));
  assert.deepEqual(told.at(-1), { progress: 3, total: 3, message: `${asked.length} lines so far` });
  assert(told.every(({ message }) => /^\d+ lines so far$/.test(message ?? "")));
});

Deno.test("logs.follow outlives a look that fails, but for the first", async (t) => {
  let ms = 0;
  let looks = 0;
  const failing = (at: number) =>
    backendOf(() => {
      if (++looks === at) throw new ToolError("unavailable", "Loki is away");
      return [entry(looks)];
    });
  const options = { pollMs: 0, elapsed: () => (ms += 400) };
  await t.step("a later one", async () => {
    const { warnings, matched } = await follow(failing(2), { seconds: 3 }, options);
    assert.deepEqual(warnings, ["Could not look for a while: Loki is away"]);
    assert.equal(matched, looks - 1);
  });
  await t.step("the first", async () => {
    looks = 0;
    await rejectsWith(follow(failing(1), { seconds: 3 }, options), "unavailable", "Loki is away", "");
  });
});

Deno.test("logs.follow stops when its caller goes away, also between two looks", async () => {
  const caller = new AbortController();
  const reason = new ToolError("cancelled", "The caller went away");
  const backend = backendOf(() => {
    setTimeout(() => caller.abort(reason), 0);
    return [];
  });
  const tool = logsFollow(backend, { pollMs: 60_000 });
  const following = tool.run(parseArguments(tool, { namespace: "shop", seconds: 60 }), call(caller.signal));
  await assert.rejects(following, (error) => error === reason);
});

Deno.test("logs.follow costs 2,000 tokens by default, and says what it left out", async () => {
  const backend = backendOf(() => Array.from({ length: 1_000 }, (_, index) => entry(index, "日本".repeat(2_000))));
  const result = await follow(backend, {}, { pollMs: 0, elapsed: () => 0 });
  const { tokens } = shape(result, 1_000_000);
  assert(tokens <= 2_000, `${tokens} tokens`);
  assert.deepEqual([result.truncated, result.matched], [true, 1_000]);
});

Deno.test("logs.follow hides a line of a key whose first line is older than it looks back", async () => {
  const body = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQDfAAAAAAAA1234";
  const { logs } = await follow(backendOf(() => [{ ...entry(1), message: body }]), { limit: 1 }, { pollMs: 0 });
  assert.equal(logs[0]?.message, "[REDACTED]");
});

function backendOf(entriesOf: (query: LogQuery) => readonly LogEntry[]): LogBackend {
  return {
    search: (query): Promise<LogFinds> =>
      Promise.try(() => entriesOf(query)).then((entries) => ({
        ...{ entries, matched: entries.length, isIncomplete: false, warnings: [] },
      })),
  };
}

function entry(index: number, more = ""): LogEntry {
  const timestamp = new Date(Date.UTC(2026, 0, 1) + index).toISOString();
  return { timestamp, pod: "a", container: "main", message: `line ${index}${more}` };
}

async function follow(
  backend: LogBackend,
  args: Record<string, unknown>,
  options: FollowOptions,
  told: Notice[] = [],
) {
  const tool = logsFollow(backend, options);
  const telling = { ...call(), notify: (notice: Notice) => void told.push(notice) };
  return await tool.run(parseArguments(tool, { namespace: "shop", ...args }), telling);
}
