import assert from "node:assert/strict";
import { type CallTool, createCallTool, sentenceOf } from "../../dashboard/client/core/call.ts";
import { scopeCalls } from "../../dashboard/client/core/scoped_calls.ts";
import { startGuarded } from "./guarded.ts";

/** A server that answers every call so. */
function answering(status: number, reply: unknown): CallTool {
  return createCallTool(() => undefined, () => Promise.resolve(Response.json(reply, { status })));
}

const error = (code: number, message: string, data?: unknown) => ({
  jsonrpc: "2.0",
  id: 1,
  error: { code, message, ...(data !== undefined && { data }) },
});

Deno.test("a view is told what became of its call, and what to do about it", async (t) => {
  const cases: readonly (readonly [number, unknown, string, string])[] = [
    [
      200,
      error(-32602, 'Unknown tool "k8s.x"', { kind: "unknown_tool", hint: "Did you mean k8s.list?" }),
      "off",
      "The tool k8s.x is not on for you: the server runs without it. TOOLSETS is what the operator turns tools on with.",
    ],
    [
      200,
      error(-32003, "vera may not call k8s.x: no rule", { kind: "forbidden", rule: "default", hint: "Ask" }),
      "denied",
      "The tool k8s.x is not on for you: vera may not call k8s.x: no rule. Ask.",
    ],
    [
      200,
      error(-32003, "The cluster refuses", { kind: "forbidden", hint: "Bind?" }),
      "denied",
      "The cluster refuses. Bind?",
    ],
    [200, error(-32005, "Slower", { kind: "rate_limited" }), "limited", "Slower."],
    [200, error(-32000, "It failed", { kind: "tool_failed" }), "failed", "It failed."],
    [200, error(-32600, "No data"), "failed", "No data."],
    [401, { error: "Sign in" }, "lost", "Sign in."],
    [502, ["proxy"], "lost", "The server answered 502."],
  ];
  for (const [status, reply, reason, sentence] of cases) {
    await t.step(sentence, async () => {
      const answer = await answering(status, reply)("k8s.x", {});
      assert(answer.kind === "failure");
      assert.deepEqual([answer.reason, sentenceOf(answer)], [reason, sentence]);
    });
  }
});

Deno.test("calls of a view that is left are cancelled, those after them are not, and one can be by itself", async () => {
  const signals: AbortSignal[] = [];
  const callTool = createCallTool(() => "token", (_path, init) => {
    assert.equal(new Headers(init?.headers).get("x-csrf-token"), "token");
    const { promise, reject } = Promise.withResolvers<Response>();
    const signal = init?.signal;
    assert(signal);
    signals.push(signal);
    signal.addEventListener("abort", () => reject(signal.reason));
    return promise;
  });
  const scope = scopeCalls(callTool);
  const own = new AbortController();
  const running = [scope.callTool("a", {}), scope.callTool("b", {}, { signal: own.signal })];
  own.abort();
  assert.deepEqual(await running[1], { kind: "cancelled" });
  assert.deepEqual(signals.map(({ aborted }) => aborted), [false, true]);
  scope.cancel();
  assert.deepEqual(await running[0], { kind: "cancelled" });
  const later = scope.callTool("c", {});
  assert.equal(signals[2]?.aborted, false);
  scope.cancel();
  assert.deepEqual(await later, { kind: "cancelled" });
});

Deno.test("a view's call is guarded and recorded as any other, and only who has the door may make one", async () => {
  await using server = await startGuarded({ RATE_LIMIT_PER_MINUTE: "1" });
  const callAs = (key: string): CallTool =>
    createCallTool(() => undefined, (path, init) => {
      const headers = { ...Object.fromEntries(new Headers(init?.headers)), authorization: `Bearer ${key}` };
      return fetch(`${server.url}${path}`, { ...init, headers });
    });
  const callTool = callAs(server.keys.adam);
  const set = await callTool("ctx.set", { key: "from-a-view", value: 1 });
  assert(set.kind === "result");
  assert.deepEqual(set.value, { success: true, key: "from-a-view", value: 1 });
  const reasonOf = async (answer: ReturnType<CallTool>) => ({ reason: "", ...await answer }).reason;
  assert.equal(await reasonOf(callTool("ctx.set", { key: "from-a-view", value: 2 })), "limited");
  assert.equal(await reasonOf(callTool("k8s.nodes", {})), "off");
  assert.equal(await reasonOf(callTool("ctx.get", {})), "failed");
  assert.equal(await reasonOf(callAs(server.keys.vera)("ctx.get", { key: "from-a-view" })), "lost");
  assert.equal(await reasonOf(callAs("nobody")("ctx.get", { key: "from-a-view" })), "lost");
  const asked = await fetch(`${server.url}/dashboard/api/records`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${server.keys.adam}` },
    body: "{}",
  });
  const { records } = await asked.json();
  assert.deepEqual(
    records.map(({ method, tool, outcome }: Record<string, unknown>) => `${method} ${tool} ${outcome}`).toReversed(),
    [
      "mcp.tools.call ctx.set ok",
      "mcp.tools.call ctx.set rate_limited",
      "mcp.tools.call k8s.nodes invalid",
      "mcp.tools.call ctx.get invalid",
    ],
  );
});
