import assert from "node:assert/strict";
import exchanges from "./fixtures/guide/exchanges.json" with { type: "json" };
import { assertAsPrinted } from "./guide/expectation.ts";
import { type Lab, startLab } from "./guide/lab.ts";
import { testBeside } from "./services/beside.ts";
import { openSocket } from "./services/socket.ts";

// The eight tests that the guide names, over the guide's whole lab.

let lab: Lab;

Deno.test.beforeAll(async () => {
  lab = await startLab();
});

Deno.test.afterAll(async () => {
  // Where the lab did not start, that is the error to show.
  await lab?.[Symbol.asyncDispose]();
});

/** Sends one message over a socket of its own and gives the reply. */
// deno-lint-ignore no-explicit-any -- Replies of every shape.
async function exchange(message: unknown): Promise<any> {
  await using socket = await openSocket(lab.server.socketUrl);
  socket.send(typeof message === "string" ? message : JSON.stringify(message));
  return JSON.parse(await socket.next());
}

const call = (name: string, args: unknown) => ({
  jsonrpc: "2.0",
  id: 1,
  method: "mcp.tools.call",
  params: { name, args },
});

/** Rows as psql prints them, without head, rule and count. */
async function rows(sql: string): Promise<string[]> {
  const printed = await lab.postgres.psql(sql);
  return printed.split("\n").slice(2).filter((line) => line.includes("|")).map((line) => line.trim());
}

testBeside("test_jsonrpc_validation", async () => {
  const cases: [string, number, unknown][] = [
    ["{", -32700, null],
    ['{"jsonrpc":"1.0","id":1,"method":"ctx.get"}', -32600, 1],
    ['{"id":1,"method":"ctx.get"}', -32600, 1],
    ['{"jsonrpc":"2.0","id":1}', -32600, 1],
    ['{"jsonrpc":"2.0","method":"invalid.tool"}', -32600, null],
    ['{"jsonrpc":"2.0","id":"a","method":"ctx.get","params":"text"}', -32600, "a"],
    ["[]", -32600, null],
  ];
  for (const [text, code, id] of cases) {
    const reply = await exchange(text);
    assert.equal(reply.error.code, code, text);
    assert.equal(reply.id, id, text);
    assert.equal(reply.jsonrpc, "2.0");
  }
  const batch = await exchange([call("ctx.get", { key: "a" }), { jsonrpc: "2.0", id: 2, method: "nope" }, 5]);
  assert.deepEqual(batch.map((reply: { id: unknown; error?: { code: number } }) => [reply.id, reply.error?.code]), [
    [1, undefined],
    [2, -32601],
    [null, -32600],
  ]);
});

testBeside("test_error_handling", async () => {
  const cases: [unknown, number, RegExp][] = [
    [{ jsonrpc: "2.0", id: 1, method: "mcp.tools.lst" }, -32601, /mcp\.tools\.list/],
    [call("k8s.list_pod", { namespace: "mcp-lab" }), -32602, /k8s\.list_pods/],
    [call("ctx.get", {}), -32602, /key/],
    [call("ctx.get", { key: "has space" }), -32602, /key/],
    [call("ctx.set", { key: "no-value" }), -32602, /value/],
    [call("k8s.list_pods", { namespace: "../kube-system" }), -32602, /namespace/],
    [call("prom.query_simple", { query: "up{" }), -32602, /line 1/],
    [call("runbook.preview", { runbook_id: "../../etc/passwd" }), -32602, /runbook_id/],
    [call("runbook.preview", { runbook_id: "pod-crash-loping" }), -32010, /pod-crash-looping/],
  ];
  for (const [message, code, words] of cases) {
    const { error } = await exchange(message);
    assert.equal(error?.code, code, JSON.stringify([message, error]));
    assert.match(JSON.stringify(error), words);
    assert(error.data.kind && error.data.hint, "an error says its kind and what to try");
  }
});

testBeside("test_tool_discovery", async () => {
  const { result } = await exchange({ jsonrpc: "2.0", id: 1, method: "mcp.tools.list" });
  assert.deepEqual(result.tools.map(({ name }: { name: string }) => name), [
    "mcp.tools.list",
    "ctx.get",
    "ctx.set",
    "k8s.list_pods",
    "prom.query_simple",
    "logs.search",
    "runbook.preview",
  ]);
  const response = await fetch(`${lab.server.url}/health`);
  assert.deepEqual([response.status, await response.json()], [200, {
    status: "healthy",
    version: "1.0.0",
    components: { redis: "connected", postgres: "connected", websocket: "ready" },
    registered_tools: 7,
  }]);
});

testBeside("test_context_tools", async () => {
  for (const [key, value] of [["user", "alice"], ["role", "admin"]] as const) {
    const response = await fetch(`${lab.server.url}/test/ctx`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ key, value }),
    });
    assert.deepEqual([response.status, await response.json()], [200, { success: true, key, value }]);
  }
  assert.equal((await exchange(call("ctx.set", { key: "version", value: "1.0.0" }))).result.success, true);
  assert.deepEqual((await exchange(call("ctx.get", { key: "absent" }))).result, { key: "absent", value: null });
  const keys = (await lab.redis.cli("keys", "ctx:*")).split("\n").sort();
  assert.deepEqual(keys, ["ctx:role", "ctx:user", "ctx:version"]);
  assert.equal(await lab.redis.cli("get", "ctx:version"), "1.0.0");
  const ttl = Number(await lab.redis.cli("ttl", "ctx:version"));
  assert(ttl > 3500 && ttl <= 3600, `ttl ${ttl}`);
});

testBeside("test_k8s_tools", async () => {
  const { result } = await exchange(call("k8s.list_pods", { namespace: "mcp-lab" }));
  for (const pod of result.pods) assert.deepEqual(Object.keys(pod), ["name", "status", "ready"]);
  const statuses = new Set(result.pods.map(({ status }: { status: string }) => status));
  for (const status of ["Running", "CrashLoopBackOff", "ImagePullBackOff", "Init:0/1", "Completed"]) {
    assert(statuses.has(status), `a pod is ${status}`);
  }
  const logs = (await exchange(call("logs.search", { namespace: "mcp-lab", limit: 5 }))).result;
  assert.deepEqual(Object.keys(logs).slice(0, 4), ["logs", "matched", "returned", "truncated"]);
  assert.equal(logs.logs.length, logs.returned);
  for (const line of logs.logs) assert.deepEqual(Object.keys(line), ["timestamp", "pod", "container", "message"]);
});

testBeside("test_prometheus_tools", async () => {
  const { result } = await exchange(call("prom.query_simple", { query: "up" }));
  assert.equal(result.metric, "up");
  assert.equal(result.values[0].value, 1);
  assert.equal(result.values[0].labels.job, "prometheus");
  const scalar = await exchange(call("prom.query_simple", { query: "1 / 0" }));
  assert.deepEqual(scalar.result, { metric: "1 / 0", values: [{ labels: {}, value: "+Inf" }] });
});

testBeside("test_full_workflow", async (t) => {
  for (const { step, send, expect } of exchanges) {
    await t.step(step, async () => assertAsPrinted(await exchange(send), expect));
  }
  await t.step("14: Redis holds the context, the limits and the cache", async () => {
    const keys = (await lab.redis.cli("keys", "*")).split("\n");
    for (const key of ["ctx:version", "rate_limit:mcp.tools.list:default", "cache:prom:up", "cache:k8s:pods:mcp-lab"]) {
      assert(keys.includes(key), `${key} is in ${keys}`);
    }
    const ttlOf = async (key: string) => Number(await lab.redis.cli("ttl", key));
    assert(await ttlOf("cache:prom:up") <= 300 && await ttlOf("cache:prom:up") > 200);
    assert(await ttlOf("cache:k8s:pods:mcp-lab") <= 60 && await ttlOf("cache:k8s:pods:mcp-lab") > 0);
  });
  await t.step("Test 5: more than ten requests a minute are refused", async () => {
    const statuses: number[] = [];
    for (let i = 0; i < 15; i++) {
      const response = await fetch(`${lab.server.url}/test/rate-limit`);
      statuses.push(response.status);
      assert.equal(response.headers.has("retry-after"), response.status === 429);
      await response.body?.cancel();
    }
    assert.deepEqual(statuses, [...Array(10).fill(200), ...Array(5).fill(429)]);
  });
});

testBeside("test_audit_logging", async (t) => {
  const before = Number(
    (await rows("SELECT COUNT(*), 1 FROM audit_logs WHERE tool_name = 'k8s.list_pods';"))[0]?.split("|")[0],
  );
  for (let i = 0; i < 5; i++) await exchange(call("k8s.list_pods", { namespace: "mcp-lab" }));
  await exchange({ jsonrpc: "2.0", id: 1, method: "mcp.tools.list" });
  await exchange({ jsonrpc: "2.0", id: 1, method: "ctx.get", params: { key: "version" } });
  await t.step("Test 3: every call is logged", async () => {
    const [count] = await rows("SELECT COUNT(*), 1 FROM audit_logs WHERE tool_name = 'k8s.list_pods';");
    assert.equal(Number(count?.split("|")[0]), before + 5);
  });
  await t.step("6: audit_logs is the one table", async () => {
    const printed = await lab.postgres.psql("\\dt");
    assert.match(printed, /Schema \|\s+Name\s+\| Type\s+\|\s+Owner/);
    assert.match(printed, /public \| audit_logs \| table \| aiagent/);
    assert.match(printed, /\(1 row\)/);
  });
  await t.step("15: ids, methods and times as the guide prints them", async () => {
    const printed = await rows("SELECT id, method, timestamp FROM audit_logs ORDER BY timestamp DESC LIMIT 10;");
    assert.equal(printed.length, 10);
    for (const row of printed) assert.match(row, /^\d+ \| [\w. /]+ \| \d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,3})?$/);
  });
  await t.step("15: the whole record", async () => {
    const printed = await lab.postgres.psql(["-x", "-c", "SELECT * FROM audit_logs WHERE id = 1;"]);
    for (const column of ["method", "params", "result", "duration_ms", "timestamp", "principal", "outcome", "hash"]) {
      assert.match(printed, new RegExp(`^${column} +\\|`, "m"));
    }
  });
  await t.step("15: calls by method and tool", async () => {
    const printed = await rows(
      "SELECT method, tool_name, COUNT(*) as calls FROM audit_logs GROUP BY method, tool_name;",
    );
    const pairs = printed.map((row) => row.split("|").slice(0, 2).map((cell) => cell.trim()).join(" "));
    for (
      const pair of [
        "mcp.tools.list ",
        "mcp.tools.call k8s.list_pods",
        "mcp.tools.call ctx.set",
        "mcp.tools.call ctx.get",
        "ctx.get ctx.get",
        "POST /test/ctx ctx.set",
      ]
    ) {
      assert(pairs.includes(pair), `${pair} is in ${JSON.stringify(pairs)}`);
    }
  });
});
