import assert from "node:assert/strict";
import { createMemoryRateLimiter } from "../../storage/embedded/rate_limiter.ts";
import { StorageError } from "../../storage/errors.ts";
import type { Json } from "../../storage/json.ts";
import { contextKeys } from "../../tools/ctx/keys.ts";
import { ctxSet } from "../../tools/ctx/set.ts";
import { ToolError, type ToolErrorKind } from "../../tools/error.ts";
import { standingClock, testTool } from "../tools/call_path.ts";
import { type Edge, startEdge } from "./edge.ts";

/** The real `ctx.set` over a map. */
function context() {
  const values = new Map<string, Json>();
  const tool = ctxSet(
    {
      get: () => Promise.resolve(undefined),
      delete: () => Promise.resolve(undefined),
      set: (key, value, { writer, ttlSeconds }) => {
        values.set(key, value);
        return Promise.resolve({ value, version: 1, writer, writtenAtMs: 0, ttlSeconds });
      },
    },
    { publish: () => Promise.resolve() },
    { keys: contextKeys("shared"), ttlSeconds: 3600 },
  );
  return { values, tool };
}

async function postContext({ url }: Edge, body: string, type = "application/json") {
  const response = await fetch(`${url}/test/ctx`, { method: "POST", headers: { "content-type": type }, body });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

Deno.test("POST /test/ctx answers what ctx.set gives, and is on record as the method that it was", async () => {
  const { values, tool } = context();
  await using edge = await startEdge({ tools: [tool] });
  const { status, text, headers } = await postContext(edge, '{"key": "user", "value": "alice"}');
  assert.deepEqual([status, text], [200, '{"success":true,"key":"user","value":"alice"}']);
  assert.match(headers.get("ratelimit-policy") ?? "", /^"default";q=600;w=60$/);
  assert.deepEqual(Array.from(values), [["user", "alice"]]);
  const [record] = edge.path.records;
  assert.deepEqual(
    [record?.method, record?.toolName, record?.dialect, record?.outcome, record?.requestId],
    ["POST /test/ctx", "ctx.set", "lab", "ok", "null"],
  );
});

Deno.test("POST /test/ctx refuses what is wrong with the status that HTTP has for it", async () => {
  const { values, tool } = context();
  await using edge = await startEdge({ tools: [tool] });
  const cases: [string, string, number, RegExp][] = [
    ["{", "application/json", 400, /Expected JSON such as/],
    ["", "application/json", 400, /Expected JSON such as/],
    ["{}", "text/plain", 415, /Expected content-type/],
    ["{}", "application/json", 400, /key: .*value: /],
    ["null", "application/json", 400, /key: .*value: /],
    ["[]", "application/json", 400, /Invalid arguments/],
    ['{"key": "a b", "value": 1}', "application/json", 400, /printable ASCII/],
  ];
  for (const [body, type, status, words] of cases) {
    const { text, ...response } = await postContext(edge, body, type);
    assert.equal(response.status, status, body);
    assert.match(text, words);
  }
  assert.equal(values.size, 0);
  const { error } = JSON.parse((await postContext(edge, "{}")).text);
  assert.deepEqual([error.code, error.data.kind, typeof error.data.hint], [-32602, "invalid_params", "string"]);
});

Deno.test("POST /test/ctx says by its status what went wrong behind it", async () => {
  const kinds: [ToolErrorKind, number][] = [
    ["unauthenticated", 401],
    ["forbidden", 403],
    ["conflict", 409],
    ["rate_limited", 429],
    ["unavailable", 503],
    ["audit_unavailable", 503],
    ["overloaded", 503],
    ["timeout", 504],
    ["tool_failed", 500],
    ["internal", 500],
  ];
  let kind: ToolErrorKind = "internal";
  const failing = testTool(() => Promise.reject(new ToolError(kind, "It failed")), { name: "ctx.set" });
  await using edge = await startEdge({ tools: [failing] });
  for (const [each, status] of kinds) {
    kind = each;
    const response = await postContext(edge, "{}");
    assert.deepEqual([response.status, JSON.parse(response.text).error.data.kind], [status, kind]);
  }
});

Deno.test("/test/rate-limit lets 10 of 15 rapid requests through and says when the next may come", async () => {
  const clock = standingClock();
  await using limiter = createMemoryRateLimiter(clock);
  await using edge = await startEdge({ limiter });
  const ask = async () => {
    const response = await fetch(`${edge.url}/test/rate-limit`);
    return { status: response.status, headers: response.headers, body: await response.json() };
  };
  const answers = await Promise.all(Array.from({ length: 15 }, ask));
  const allowed = answers.filter(({ status }) => status === 200);
  const refused = answers.filter(({ status }) => status === 429);
  assert.deepEqual([allowed.length, refused.length], [10, 5]);
  assert.deepEqual(allowed.map(({ body }) => body.remaining).sort((a, b) => b - a), [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);
  for (const { headers, body } of refused) {
    assert.equal(headers.get("retry-after"), "60");
    assert.equal(headers.get("ratelimit-policy"), '"default";q=10;w=60');
    assert.deepEqual(body, { allowed: false, limit: 10, remaining: 0, resetMs: 60_000 });
  }
  for (const { headers } of allowed) assert.equal(headers.get("retry-after"), null);
  const metrics = await edge.metrics.print();
  assert.match(metrics, /mcp_rate_limit_decisions_total\{decision="allowed",scope="shared"\} 10/);
  assert.match(metrics, /mcp_rate_limit_decisions_total\{decision="refused",scope="shared"\} 5/);
  clock.advance(60_000);
  assert.equal((await ask()).status, 200, "a minute later the count starts anew");
});

Deno.test("/test/rate-limit counts apart from the tools, per principal", async () => {
  const buckets: unknown[] = [];
  const limiter = {
    take: (bucket: unknown) => {
      buckets.push(bucket);
      return Promise.resolve({ allowed: true, limit: 10, remaining: 9, resetMs: 1, shared: true });
    },
  };
  await using edge = await startEdge({ limiter });
  await (await fetch(`${edge.url}/test/rate-limit`)).text();
  assert.deepEqual(buckets, [{ tool: "test.rate-limit", principal: "default" }]);
});

Deno.test("a fault of the limiter is a fault of ours, not a way past it", async () => {
  await using edge = await startEdge({ limiter: { take: () => Promise.reject(new StorageError("Inner detail")) } });
  const response = await fetch(`${edge.url}/test/rate-limit`);
  const text = await response.text();
  assert.equal(response.status, 500);
  assert(!text.includes("Inner detail"));
});

Deno.test("without lab endpoints there is no /test", async () => {
  const { tool } = context();
  await using edge = await startEdge({ tools: [tool], settings: { LAB_ENDPOINTS: "false" } });
  assert.equal((await postContext(edge, '{"key": "user", "value": "alice"}')).status, 404);
  const response = await fetch(`${edge.url}/test/rate-limit`);
  assert.deepEqual([response.status, await response.json()], [404, { error: "No route GET /test/rate-limit" }]);
});
