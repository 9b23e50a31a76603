import assert from "node:assert/strict";
import type { ReplicaNews } from "../../../dashboard/wire.ts";
import { createCallFeed } from "../../../server/console/feed.ts";
import { ownNews } from "../../../server/console/tally.ts";
import type { AuditEntry } from "../../../storage/audit_log.ts";
import { systemClock } from "../../../storage/clock.ts";
import { createLocalEventBus } from "../../../storage/embedded/event_bus.ts";
import { StorageError } from "../../../storage/errors.ts";
import type { EventBus } from "../../../storage/event_bus.ts";

/** The feeds of replicas that share a bus, each over a log that keeps everything. */
function replicas(names: readonly string[], bus: Pick<EventBus, "publish" | "subscribe"> = createLocalEventBus()) {
  const published: string[] = [];
  const heardBy = {
    subscribe: bus.subscribe.bind(bus),
    publish(topic: string, event: Parameters<EventBus["publish"]>[1]) {
      published.push(topic);
      return bus.publish(topic, event);
    },
  };
  const feeds = names.map((replica) =>
    createCallFeed({
      ...{ bus: heardBy, clock: systemClock, replica, instance: crypto.randomUUID() },
      gauges: { connections: () => 3, inFlight: () => 1 },
    })
  );
  const logs = feeds.map((feed) => feed.over({ state: "ready", room: Infinity, append: () => Promise.resolve() }));
  return { feeds, logs, published };
}

let entries = 0;
function entry(more: Partial<AuditEntry> = {}): AuditEntry {
  const nothing = undefined;
  return {
    ...{ eventId: `e${++entries}`, timestampMs: 1000, method: "ctx.get", toolName: "ctx.get", principal: "alice" },
    ...{ authMethod: "none", dialect: "house", transport: "http", clientName: nothing, clientVersion: nothing },
    ...{ clientAddress: nothing, session: nothing, requestId: nothing, traceId: nothing, params: "{}" },
    ...{ paramsSha256: "", result: "{}", resultSha256: "", resultBytes: 2, resultTokens: 1, outcome: "ok" as const },
    ...{ errorCode: nothing, durationMs: 4, replica: "r1", ...more },
  };
}

async function until(what: string, isSo: () => boolean): Promise<void> {
  const deadline = performance.now() + 5_000;
  while (!isSo()) {
    assert(performance.now() < deadline, what);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

Deno.test("while nobody watches nothing is published, whatever is called", async () => {
  const { feeds, logs, published } = replicas(["r1", "r2"]);
  for (let i = 0; i < 100; i++) await logs[0]?.append(entry());
  feeds[0]?.count("allowed");
  // A timer that was started would be found by the test's own check.
  assert.deepEqual(published, []);
  await Promise.all(feeds.map((feed) => feed[Symbol.asyncDispose]()));
});

Deno.test("who watches one replica hears of the calls of all, each once and after its record is safe", async () => {
  const { feeds, logs } = replicas(["r1", "r2"]);
  const [first, second] = feeds;
  assert(first && second);
  const heard: ReplicaNews[] = [];
  await logs[1]?.append(entry());
  const stop = first.listen((news) => heard.push(news));
  // The second says that it is there, once it knows that somebody watches.
  await until("r2 is heard of", () => heard.some(({ replica }) => replica === "r2"));
  await until("r1 is heard of", () => heard.some(({ replica }) => replica === "r1"));
  first.count("allowed");
  await Promise.all([
    logs[0]?.append(entry({ eventId: "one", durationMs: 0.1 })),
    logs[1]?.append(entry({ eventId: "two", toolName: undefined, method: "mcp.tools.list", outcome: "denied" })),
  ]);
  const rows = () => heard.flatMap((news) => news.rows);
  await until("both calls are told", () => rows().length >= 2);
  assert.deepEqual(rows().map(({ id, tool, outcome }) => [id, tool, outcome]).sort(), [
    ["one", "ctx.get", "ok"],
    ["two", "mcp.tools.list", "denied"],
  ]);
  const news = heard.find(({ rows }) => rows.some(({ id }) => id === "one"));
  assert.deepEqual(news?.outcomes, { ok: 1 });
  assert.equal(news?.latencies.reduce((sum, count) => sum + count, 0), 1);
  assert.deepEqual([news?.gauges?.connections, news?.gauges?.inFlight, news?.gauges?.allowed], [3, 1, 1]);
  stop();
  await Promise.all(feeds.map((feed) => feed[Symbol.asyncDispose]()));
});

Deno.test("a call whose record is not safe is told to nobody", async () => {
  const [feed] = replicas(["r1"]).feeds;
  assert(feed);
  const heard: ReplicaNews[] = [];
  feed.listen((news) => heard.push(news));
  const failing = feed.over({
    state: "ready",
    room: Infinity,
    append: () => Promise.reject(new StorageError("It is away")),
  });
  await assert.rejects(failing.append(entry()), /It is away/);
  await until("something is told", () => heard.length > 0);
  assert.deepEqual(heard.flatMap(({ rows }) => rows), []);
  await feed[Symbol.asyncDispose]();
});

Deno.test("of many calls, or of long names, so many are told as fit into a notice, and all are counted", async () => {
  for (const name of ["a", "\u0001".repeat(128)]) {
    const { feeds, logs, published } = replicas(["r1", "r2"]);
    const [first, second] = feeds;
    assert(first && second);
    await logs[1]?.append(entry());
    const heard: ReplicaNews[] = [];
    first.listen((news) => heard.push(news));
    await until("r2 is heard of", () => heard.some(({ replica }) => replica === "r2"));
    const from = published.length;
    await Promise.all(
      Array.from({ length: 1000 }, () => logs[1]?.append(entry({ principal: name, toolName: name, replica: "r2" }))),
    );
    const told = () => heard.filter(({ replica, outcomes }) => replica === "r2" && outcomes["ok"]);
    await until(
      "the calls are told",
      () => told().reduce((sum, { rows, left }) => sum + rows.length + left, 0) === 1000,
    );
    assert(told().every(({ rows }) => rows.length <= 100 && rows.length > 0));
    assert(published.length - from < 10, `${published.length - from} notices`);
    await Promise.all(feeds.map((feed) => feed[Symbol.asyncDispose]()));
  }
});

Deno.test("with the bus away one's own replica is still watched, and its calls go on", async () => {
  const away = () => Promise.reject(new StorageError("The bus is away"));
  const { feeds: [feed], logs: [log] } = replicas(["r1"], { publish: away, subscribe: away });
  assert(feed && log);
  const heard: ReplicaNews[] = [];
  feed.listen((news) => heard.push(news));
  await log.append(entry());
  await until("the call is told", () => heard.some(({ rows }) => rows.length === 1));
  await feed[Symbol.asyncDispose]();
});

Deno.test("news of one principal holds nothing of another", () => {
  const rows = [entry(), entry({ principal: "bob", outcome: "denied" })].map((one) => ({
    ...{ id: one.eventId, timeMs: one.timestampMs, principal: one.principal, tool: "ctx.get" },
    ...{ outcome: one.outcome, durationMs: one.durationMs, replica: "r1" },
  }));
  const gauges = { connections: 1, inFlight: 1, allowed: 1, limited: 1, cacheHits: 1, cacheMisses: 1 };
  const own = ownNews(
    { replica: "r1", timeMs: 1, rows, left: 7, outcomes: { ok: 9 }, latencies: [9], gauges },
    "bob",
  );
  assert.deepEqual(own.rows.map(({ principal }) => principal), ["bob"]);
  assert.deepEqual([own.outcomes, own.left, own.gauges], [{ denied: 1 }, 0, undefined]);
  assert.equal(own.latencies.reduce((sum, count) => sum + count, 0), 1);
});
