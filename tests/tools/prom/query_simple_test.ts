import assert from "node:assert/strict";
import { parseArguments } from "../../../tools/arguments.ts";
import { describeTool } from "../../../tools/describe.ts";
import { ToolError } from "../../../tools/error.ts";
import type { Prometheus } from "../../../tools/prom/prometheus.ts";
import { promQuerySimple } from "../../../tools/prom/query_simple.ts";
import type { QueryData, QueryResult } from "../../../tools/prom/result.ts";
import { toolCall, toolError, unguarded } from "./expectations.ts";
import { MapCache } from "./map_cache.ts";

/** A Prometheus that always gives the same, and counts. */
class Fake implements Pick<Prometheus, "query" | "labelValues"> {
  readonly asked: string[] = [];
  answer: QueryResult | ToolError;

  constructor(data: QueryData = { type: "scalar", value: 1 }, warnings: readonly string[] = []) {
    this.answer = { data, warnings };
  }

  labelValues(): Promise<readonly string[]> {
    return Promise.resolve(["there is one"]);
  }

  query(promql: string): Promise<QueryResult> {
    this.asked.push(promql);
    return this.answer instanceof ToolError ? Promise.reject(this.answer) : Promise.resolve(this.answer);
  }
}

Deno.test("prom.query_simple is listed as the guide prints it", () => {
  assert.deepEqual(describeTool(promQuerySimple(new Fake(), unguarded, new MapCache())), {
    name: "prom.query_simple",
    description: "Execute Prometheus query",
    parameters: { query: { type: "string", required: true } },
  });
});

Deno.test("the guide's query gives the guide's members and no other", async () => {
  const labels = { __name__: "up", job: "prometheus" };
  const fake = new Fake({ type: "vector", series: [{ labels, value: 1 }] });
  const result = await promQuerySimple(fake, unguarded, new MapCache()).run({ query: "up" }, toolCall());
  assert.equal(
    JSON.stringify(result),
    '{"metric":"up","values":[{"labels":{"__name__":"up","job":"prometheus"},"value":1}]}',
  );
});

Deno.test("equal queries at once are one; it goes on while one of their callers waits", async () => {
  const answer = Promise.withResolvers<QueryResult>();
  const asked: AbortSignal[] = [];
  const prometheus = {
    labelValues: () => Promise.resolve([]),
    query: (_: string, signal: AbortSignal) => {
      asked.push(signal);
      return answer.promise;
    },
  };
  const tool = promQuerySimple(prometheus, unguarded, new MapCache());
  const leaves = new AbortController();
  const gone = tool.run({ query: "up" }, toolCall(leaves.signal));
  const stays = tool.run({ query: "up" }, toolCall());
  while (asked.length === 0) await new Promise((resolve) => setTimeout(resolve));
  leaves.abort(new Error("gone"));
  await assert.rejects(gone, /gone/);
  assert.deepEqual(asked.map(({ aborted }) => aborted), [false]);
  answer.resolve({ data: { type: "scalar", value: 1 }, warnings: [] });
  assert.equal((await stays).values[0]?.value, 1);
  assert.equal(asked.length, 1);
});

Deno.test("a query that matches nothing is an answer", async () => {
  const result = await promQuerySimple(new Fake({ type: "vector", series: [] }), unguarded, new MapCache()).run(
    { query: "x" },
    toolCall(),
  );
  assert.deepEqual(result, { metric: "x", values: [] });
});

Deno.test("an answer is cached for five minutes under its query", async () => {
  const fake = new Fake({ type: "scalar", value: NaN });
  const cache = new MapCache();
  const tool = promQuerySimple(fake, unguarded, cache);
  const first = await tool.run({ query: "up" }, toolCall());
  const entry = cache.entries.get("prom:up");
  assert.equal(entry?.ttlSeconds, 300);
  assert.deepEqual(JSON.parse(entry?.text ?? ""), first);
  fake.answer = { data: { type: "scalar", value: 2 }, warnings: [] };
  assert.deepEqual(await tool.run({ query: "up" }, toolCall()), first);
  assert.deepEqual(fake.asked, ["up"]);
  await tool.run({ query: "up " }, toolCall());
  assert.deepEqual(fake.asked, ["up", "up "]);
  assert.deepEqual([...cache.entries.keys()], ["prom:up", "prom:up "]);
});

Deno.test("no failure is cached, and no syntax error is sent", async () => {
  const fake = new Fake();
  const cache = new MapCache();
  const tool = promQuerySimple(fake, unguarded, cache);
  fake.answer = new ToolError("unavailable", "Prometheus is away", { hint: "Wait" });
  await assert.rejects(tool.run({ query: "up" }, toolCall()), toolError("unavailable", /away$/));
  await assert.rejects(tool.run({ query: "up{" }, toolCall()), toolError("invalid_params", /at line 1, column 4$/));
  assert.deepEqual(fake.asked, ["up"]);
  assert.equal(cache.entries.size, 0);
});

Deno.test("a cache that is away costs speed and no answer", async () => {
  const fake = new Fake();
  const cache = new MapCache();
  cache.away = true;
  const tool = promQuerySimple(fake, unguarded, cache);
  for (let call = 0; call < 2; call++) assert.equal((await tool.run({ query: "up" }, toolCall())).values.length, 1);
  assert.deepEqual(fake.asked, ["up", "up"]);
});

Deno.test("too many series are cut, and the answer says so beside Prometheus' own warnings", async () => {
  const series = Array.from({ length: 2_345 }, (_, index) => ({ labels: { index: `${index}` }, value: index }));
  const tool = promQuerySimple(new Fake({ type: "vector", series }, ["its own"]), unguarded, new MapCache());
  const result = await tool.run({ query: "up" }, toolCall());
  assert.equal(result.values.length, 1_000);
  assert.equal(result.truncated, true);
  assert.equal(result.warnings?.[0], "its own");
  assert.match(result.warnings?.[1] ?? "", /^Returned 1000 of 2345 series, .* sum by/);
  assert.deepEqual(tool.output.parse(result), result);
});

Deno.test("a range keeps its points in order, and a histogram comes in place of a value", async () => {
  const histogram = { count: 3, sum: Infinity, buckets: [{ boundaries: 0, lower: -Infinity, upper: 1, count: 3 }] };
  const printed = { count: 3, sum: "+Inf", buckets: [[0, "-Inf", 1, 3]] };
  const points = [{ seconds: 1.5, value: 1 }, { seconds: 2.5, value: NaN }];
  const histograms = [{ seconds: 3.5, value: histogram }];
  const table: readonly (readonly [data: QueryData, entry: unknown])[] = [
    [{ type: "matrix", series: [{ labels: {}, points, histograms: [] }] }, {
      labels: {},
      values: [[1.5, 1], [2.5, "NaN"]],
    }],
    [{ type: "matrix", series: [{ labels: {}, points: [], histograms }] }, {
      labels: {},
      histograms: [[3.5, printed]],
    }],
    [
      { type: "matrix", series: [{ labels: {}, points, histograms }] },
      { labels: {}, values: [[1.5, 1], [2.5, "NaN"]], histograms: [[3.5, printed]] },
    ],
    [{ type: "vector", series: [{ labels: { a: "b" }, value: histogram }] }, {
      labels: { a: "b" },
      histogram: printed,
    }],
  ];
  for (const [data, entry] of table) {
    const tool = promQuerySimple(new Fake(data), unguarded, new MapCache());
    const result = await tool.run({ query: "up" }, toolCall());
    assert.deepEqual(result, { metric: "up", values: [entry] });
    assert.deepEqual(tool.output.parse(result), result);
  }
});

Deno.test("a query is text of 1 to 4096 characters", async (t) => {
  const tool = promQuerySimple(new Fake(), unguarded, new MapCache());
  const table: readonly (readonly [what: string, args: unknown, words: RegExp])[] = [
    ["none", {}, /query: expected string, but got nothing/],
    ["a number", { query: 1 }, /query: expected string, but got 1/],
    ["empty", { query: "" }, /query: .*>=1 characters, but got ""/],
    ["too long", { query: "x".repeat(4_097) }, /query: .*<=4096 characters/],
    ["a lone surrogate", { query: '{a="\ud800"}' }, /query: Use well-formed Unicode/],
    ["a parameter that there is not", { query: "up", time: 1 }, /time: no such parameter/],
  ];
  for (const [what, args, words] of table) {
    await t.step(what, () => {
      assert.throws(
        () => parseArguments(tool, args),
        (error) => error instanceof ToolError && error.kind === "invalid_params" && words.test(error.message),
      );
    });
  }
  assert.equal(parseArguments(tool, { query: "x".repeat(4_096) }).query.length, 4_096);
});
