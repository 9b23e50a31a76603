import assert from "node:assert/strict";
import fc from "fast-check";
import { checkSyntax } from "../../../tools/prom/syntax.ts";
import { openPrometheus } from "../../../tools/prom/prometheus.ts";
import { promQuerySimple } from "../../../tools/prom/query_simple.ts";
import { ToolError } from "../../../tools/error.ts";
import { freePort } from "../../services/process.ts";
import { type Guard, startPrometheus } from "../../services/prometheus.ts";
import { toolCall, toolError, unguarded } from "./expectations.ts";
import { MapCache } from "./map_cache.ts";
import { serveNativeHistogram } from "./native_histogram.ts";
import { INVALID, LEFT_TO_PROMETHEUS, VALID } from "./queries.ts";

/** A password with everything that must be encoded in a URL, and beyond ASCII. */
const guard: Guard = {
  prefix: "/prom",
  user: "agent",
  password: "pä:s/s@100%",
  passwordHash: "$2b$04$abcdefghijklmnopqrstuuLoo2l76tjdcNks1rU6dNQSRYZbpmzfa",
};

const signal = new AbortController().signal;

Deno.test("against a real Prometheus, behind a prefix and a password, with a dead remote store", async (t) => {
  await using target = serveNativeHistogram();
  const deadPort = await freePort();
  await using server = await startPrometheus({
    guard,
    jobs: [{ name: "native", targets: [target.address] }],
    flags: ["--enable-feature=native-histograms"],
    // Its failure is what Prometheus 2.42 warns of.
    config: { remote_read: [{ url: `http://127.0.0.1:${deadPort}/read`, read_recent: true }] },
  });
  await server.answers("test_native");
  const origin = `http://127.0.0.1:${server.port}`;
  const baseUrl = `http://${guard.user}:${encodeURIComponent(guard.password)}@127.0.0.1:${server.port}${guard.prefix}`;
  const prometheus = openPrometheus(baseUrl);
  const labels = { __name__: "up", instance: `127.0.0.1:${server.port}`, job: "prometheus" };
  const up = 'up{job="prometheus"}';

  await t.step("every type of result comes as what it is", async () => {
    const dataOf = async (promql: string) => (await prometheus.query(promql, signal)).data;
    assert.deepEqual(await dataOf(up), { type: "vector", series: [{ labels, value: 1 }] });
    assert.deepEqual(await dataOf("up == 7"), { type: "vector", series: [] });
    assert.deepEqual(await dataOf("1.5e-3"), { type: "scalar", value: 0.0015 });
    assert.deepEqual(await dataOf("0/0"), { type: "scalar", value: NaN });
    assert.deepEqual(await dataOf("1/0"), { type: "scalar", value: Infinity });
    assert.deepEqual(await dataOf("-1/0"), { type: "scalar", value: -Infinity });
    assert.deepEqual(await dataOf("2^1023 * 1.5"), { type: "scalar", value: 2 ** 1023 * 1.5 });
    assert.deepEqual(await dataOf("2^-1074"), { type: "scalar", value: 2 ** -1074 });
    assert.deepEqual(await dataOf('"caf\\u00e9 🚀"'), { type: "string", value: "café 🚀" });
    assert.deepEqual(await dataOf("vector(0) / 0"), { type: "vector", series: [{ labels: {}, value: NaN }] });
    const matrix = await dataOf(`${up}[1m]`);
    assert(matrix.type === "matrix");
    assert.deepEqual(matrix.series.map(({ labels }) => labels), [labels]);
    const { points = [], histograms } = matrix.series[0] ?? {};
    assert(
      points.length > 0 &&
        points.every(({ seconds, value }) => value <= 1 && Math.abs(Date.now() / 1000 - seconds) < 120),
    );
    assert.deepEqual(
      points.map(({ seconds }) => seconds),
      points.map(({ seconds }) => seconds).toSorted((a, b) => a - b),
    );
    assert.deepEqual(histograms, []);
  });

  await t.step("its warnings are passed on, and only when there are some", async () => {
    const { warnings } = await prometheus.query("up", signal);
    assert.match(warnings.join("\n"), /^remote_read: .*connection refused$/);
    assert.deepEqual((await prometheus.query("vector(1)", signal)).warnings, []);
  });

  await t.step(
    "prom.query_simple gives the guide's entries, numbers as numbers, NaN and infinities as text",
    async () => {
      const tool = promQuerySimple(prometheus, unguarded, new MapCache());
      const run = async (query: string) => {
        const result = await tool.run({ query }, toolCall());
        assert.deepEqual(tool.output.parse(result), result);
        return result;
      };
      const { warnings, ...guided } = await run(up);
      assert.deepEqual(guided, { metric: up, values: [{ labels, value: 1 }] });
      assert.equal(warnings?.length, 1);
      const vector = (value: number | string) => [{ labels: {}, value }];
      assert.deepEqual(await run("vector(1.5)"), { metric: "vector(1.5)", values: vector(1.5) });
      assert.deepEqual(await run("vector(0)/0"), { metric: "vector(0)/0", values: vector("NaN") });
      assert.deepEqual(await run("1/0"), { metric: "1/0", values: vector("+Inf") });
      assert.deepEqual(await run("vector(-1)/0"), { metric: "vector(-1)/0", values: vector("-Inf") });
      assert.deepEqual(await run(" 42 # the answer"), { metric: " 42 # the answer", values: vector(42) });
      assert.deepEqual(await run("'text'"), { metric: "'text'", values: vector("text") });
      const matrix = await run("vector(3)[2s:1s]");
      assert.deepEqual(matrix.values.map(({ labels }) => labels), [{}]);
      assert(matrix.values[0]?.values?.every(([seconds, value]) => seconds > 1e9 && value === 3));
      assert.deepEqual(Object.keys(matrix.values[0] ?? {}), ["labels", "values"]);
    },
  );

  await t.step("a native histogram comes with its count, sum and buckets", async () => {
    const tool = promQuerySimple(prometheus, unguarded, new MapCache());
    const histogram = { count: 6, sum: 13.5, buckets: [[3, -0.001, 0.001, 1], [0, 1, 2, 2], [0, 2, 4, 3]] };
    const native = { __name__: "test_native", instance: target.address, job: "native" };
    const instant = await tool.run({ query: "test_native" }, toolCall());
    assert.deepEqual(instant.values, [{ labels: native, histogram }]);
    const range = await tool.run({ query: "test_native[1m]" }, toolCall());
    assert.deepEqual(Object.keys(range.values[0] ?? {}), ["labels", "histograms"]);
    assert(
      range.values[0]?.histograms?.every(([seconds, value]) => {
        assert.deepEqual(value, histogram);
        return seconds > 1e9;
      }),
    );
    assert.deepEqual(tool.output.parse(range), range);
  });

  await t.step("what it refuses or cannot evaluate is passed on in its words", async () => {
    const ask = (promql: string, prom = prometheus) => () => prom.query(promql, signal);
    await assert.rejects(
      ask("up + "),
      toolError("invalid_params", /^Prometheus refuses the query: 1:6: parse error: unexpected end of input$/),
    );
    await assert.rejects(
      ask("nope(up)"),
      toolError("invalid_params", /1:1: parse error: unknown function with name "nope"$/),
    );
    await assert.rejects(
      ask('{__name__=~"prometheus_http.*"} + on (job) {__name__=~"prometheus_http.*"}'),
      toolError("tool_failed", /^Prometheus cannot evaluate the query: found duplicate series/),
    );
    const hasty = openPrometheus(baseUrl, { timeoutMs: 1 });
    await assert.rejects(
      ask("sum_over_time(vector(time())[1d:1s])", hasty),
      toolError("timeout", /^Prometheus cannot evaluate the query: query timed out in /),
    );
  });

  await t.step("a wrong address or wrong credentials are named, and no password is", async () => {
    const secret = encodeURIComponent(guard.password);
    const table: readonly (readonly [url: string, words: RegExp])[] = [
      [`${origin}/prom`, /refuses this server's credentials with status 401$/],
      [`http://agent:wrong@127.0.0.1:${server.port}/prom`, /refuses this server's credentials with status 401$/],
      [
        `http://agent:${secret}@127.0.0.1:${server.port}`,
        /does not look like a Prometheus: it has no \/api\/v1\/query \(404\)$/,
      ],
      [
        `http://agent:${secret}@127.0.0.1:${server.port}/prom/api`,
        /^The URL http:\/\/127\.0\.0\.1:\d+\/prom\/api does not/,
      ],
      [
        `http://agent:${secret}@127.0.0.1:${deadPort}/prom`,
        /^Cannot reach Prometheus at http:\/\/127\.0\.0\.1:\d+\/prom: .*refused/,
      ],
    ];
    for (const [url, words] of table) {
      await assert.rejects(openPrometheus(url).query("up", signal), (error) => {
        toolError("unavailable", words)(error);
        assert(!Deno.inspect(error, { depth: 20 }).includes(secret));
        return true;
      });
    }
    assert.deepEqual((await openPrometheus(`${baseUrl}/?x=1#y`).query("1", signal)).data, { type: "scalar", value: 1 });
  });

  await t.step("queries that pass here are correct to it, and those refused here are wrong to it", async () => {
    for (const query of VALID) {
      checkSyntax(query);
      // Some cannot be evaluated (two series for one); none is refused.
      await prometheus.query(query, signal).catch(toolError("tool_failed", /cannot evaluate/));
    }
    for (const query of [...INVALID.map(([query]) => query), ...LEFT_TO_PROMETHEUS]) {
      await assert.rejects(
        prometheus.query(query, signal),
        toolError("invalid_params", /^Prometheus refuses the query: \d+:\d+: /),
      );
    }
  });

  await t.step("nothing that it would accept is refused here, whatever is done to a correct query", async () => {
    const short = VALID.filter((query) => query.length < 80);
    const piece = fc.constantFrom(
      ..."()[]{},.:@+-=~!_ #\n\"'`\\".split(""),
      "by",
      "on",
      "offset",
      "5m",
      "1",
      "2.",
      "bool",
      "inf",
      "start()",
    );
    const mutation = fc.tuple(fc.constantFrom(...short), fc.nat(80), fc.nat(1), piece)
      .map(([query, at, drop, piece]) => query.slice(0, at) + piece + query.slice(at + drop));
    const property = fc.asyncProperty(mutation, async (query) => {
      try {
        checkSyntax(query);
      } catch {
        await assert.rejects(prometheus.query(query, signal), toolError("invalid_params", /parse error/));
      }
    });
    await fc.assert(property, { numRuns: 500, seed: 42 });
  });

  await t.step("a frozen server is a timeout, a caller that leaves is a cancelled call, and both pass", async () => {
    await server.freeze();
    try {
      const hasty = openPrometheus(baseUrl, { timeoutMs: 200 });
      await assert.rejects(hasty.query("up", signal), toolError("timeout", /prom did not answer within 200 ms$/));
      const caller = new AbortController();
      const startedMs = performance.now();
      const leaving = prometheus.query("up", caller.signal);
      setTimeout(() => caller.abort(), 50);
      await assert.rejects(leaving, (error) => error instanceof ToolError && error.kind === "cancelled");
      assert(performance.now() - startedMs < 5_000);
    } finally {
      server.thaw();
    }
    assert.equal((await prometheus.query(up, signal)).data.type, "vector");
  });
});
