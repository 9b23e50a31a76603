import assert from "node:assert/strict";
import { promQuerySimple } from "../../../tools/prom/query_simple.ts";
import { testCallPath, testContext } from "../call_path.ts";
import { refusalOf } from "../../../tools/prom/refusal.ts";
import { unguarded } from "./expectations.ts";
import { MapCache } from "./map_cache.ts";

const CASES: readonly (readonly [query: string, metric: string])[] = [
  ['up{token="a"}', 'up{token="[REDACTED]"}'],
  ['up{job="api",secret="regcred"}', 'up{job="api",secret="[REDACTED]"}'],
  // What is no value stays.
  ['up{token=~"a"}', 'up{token=~"a"}'],
  ['up{token!="a"}', 'up{token!="a"}'],
  ["sum by (token) (up)", "sum by (token) (up)"],
  ['up{job="api"}', 'up{job="api"}'],
];

Deno.test("a query is sent as it is, and repeated without what looks like a secret", async (t) => {
  for (const [query, metric] of CASES) {
    await t.step(query, async () => {
      const sent: string[] = [];
      const series = [{ labels: { __name__: "up", token: "made-up" }, value: 1 }];
      const prometheus = {
        labelValues: () => Promise.resolve([]),
        query: (promql: string) => {
          sent.push(promql);
          return Promise.resolve({ data: { type: "vector" as const, series }, warnings: [] });
        },
      };
      const { call, records } = testCallPath([promQuerySimple(prometheus, unguarded, new MapCache())]);
      const request = { method: "mcp.tools.call", tool: "prom.query_simple", args: { query } };
      const reply = JSON.parse((await call(request, testContext())).text);
      assert.deepEqual(sent, [query]);
      assert.equal(reply.metric, metric);
      assert.deepEqual(reply.values, [{ labels: { __name__: "up", token: "[REDACTED]" }, value: 1 }]);
      assert.equal(records[0]?.params, JSON.stringify({ query: metric }));
    });
  }
});

Deno.test("a long error of Prometheus is cut after it is redacted, not within a secret", () => {
  const error = `${"x".repeat(980)} password=hunter2-hunter2-hunter2-hunter2`;
  const { message } = refusalOf(422, JSON.stringify({ status: "error", errorType: "execution", error }), "prometheus");
  assert.match(message, /x password=\[RED/);
  assert(!message.includes("hunter2"), message);
});
