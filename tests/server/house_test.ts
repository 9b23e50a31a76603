import assert from "node:assert/strict";
import { z } from "zod";
import { createEdgeCall } from "../../server/edge_call.ts";
import { createHouse, type HouseOptions } from "../../server/house.ts";
import { createLifecycle } from "../../server/lifecycle.ts";
import { createLog } from "../../server/log.ts";
import { DEFAULT_PRINCIPAL, type Peer, Slots } from "../../server/peer.ts";
import type { CallRequest, CallTool } from "../../tools/call.ts";
import { openAuthorizer } from "../../tools/authorizer.ts";
import type { CallContext } from "../../tools/call_context.ts";
import { ToolError, type ToolErrorKind } from "../../tools/error.ts";

type Seen = { readonly request: CallRequest; readonly context: CallContext };

function house(
  callTool: CallTool = () => Promise.resolve({ text: '{"done":true}' }),
  more: Partial<HouseOptions> = {},
) {
  const seen: Seen[] = [];
  const refusals: string[] = [];
  const lines: string[] = [];
  const lifecycle = createLifecycle();
  const router = createHouse({
    call: createEdgeCall({
      callTool: (request, context, onRate) => {
        seen.push({ request, context });
        return callTool(request, context, onRate);
      },
      lifecycle,
      onRefusal: (reason) => refusals.push(reason),
    }),
    tools: ["mcp.tools.list", "ctx.get", "ctx.set", "k8s.list_pods"].map((name) => ({
      name,
      effect: "read",
      input: z.object({}),
    })),
    authorizer: openAuthorizer,
    ids: { uuid: () => "01234567-89ab-7cde-8f01-23456789abcd" },
    log: createLog({ level: "info", format: "text", write: (line) => lines.push(line), now: Date.now }),
    limits: { batchMax: 4, batchBytesMax: 1000, jsonDepthMax: 64 },
    onRefusal: (reason) => refusals.push(reason),
    ...more,
  });
  const ask = async (message: unknown, from: Peer = peer()) => {
    const reply = await router(typeof message === "string" ? message : JSON.stringify(message), from);
    return reply && { ...reply, json: JSON.parse(reply.text) };
  };
  return { ask, seen, refusals, lines, lifecycle };
}

function peer(more: Partial<Peer> = {}): Peer {
  return {
    principal: DEFAULT_PRINCIPAL,
    transport: "websocket",
    client: { name: "tests", address: "127.0.0.1" },
    session: "session-1",
    signal: new AbortController().signal,
    slots: new Slots(2),
    ...more,
  };
}

const request = (method: string, params?: unknown, id: unknown = 1) => ({ jsonrpc: "2.0", id, method, params });

Deno.test("a call's result goes out as the text that the call path made, uncopied", async () => {
  const { ask } = house(() => Promise.resolve({ text: '{"big":9007199254740993}' }));
  const reply = await ask(request("mcp.tools.call", { name: "ctx.get", args: { key: "a" } }));
  assert.equal(reply?.text, '{"jsonrpc":"2.0","id":1,"result":{"big":9007199254740993}}');
});

Deno.test("a call travels with its peer, its id and a trace id of 32 hex digits", async () => {
  const { ask, seen } = house();
  const from = peer();
  await ask(request("mcp.tools.call", { name: "ctx.get", args: { key: "a" } }, "id-7"), from);
  const { request: call, context } = seen[0] ?? assert.fail("no call");
  assert.deepEqual(call, { method: "mcp.tools.call", tool: "ctx.get", args: { key: "a" } });
  const { notify, signal, ...rest } = context;
  assert.equal(signal, from.signal);
  assert.equal(notify({ progress: 1 }), undefined);
  assert.deepEqual(rest, {
    principal: { name: "default", authMethod: "none", roles: [] },
    dialect: "house",
    transport: "websocket",
    client: { name: "tests", address: "127.0.0.1" },
    session: "session-1",
    requestId: "id-7",
    traceId: "0123456789ab7cde8f0123456789abcd",
  });
});

Deno.test("a tool's own name is a method, and arguments stands for args", async () => {
  const { ask, seen } = house();
  await ask(request("ctx.get", { key: "a" }));
  await ask(request("mcp.tools.call", { name: "ctx.get", arguments: { key: "b" } }));
  await ask(request("mcp.tools.call", { name: "ctx.get", args: { key: "c" }, arguments: { key: "d" } }));
  assert.deepEqual(seen.map(({ request }) => request), [
    { method: "ctx.get", tool: "ctx.get", args: { key: "a" } },
    { method: "mcp.tools.call", tool: "ctx.get", args: { key: "b" } },
    { method: "mcp.tools.call", tool: "ctx.get", args: { key: "c" } },
  ]);
});

Deno.test("an unknown method is answered with the near names, or with what there is", async () => {
  const { ask } = house();
  const hints: [string, RegExp][] = [
    ["mcp.tools.lst", /^Did you mean mcp\.tools\.list( or .*)?\?$/],
    ["mcp.tool.call", /mcp\.tools\.call/],
    ["CTX.GET", /ctx\.get/],
    ["tools/list", /mcp\.tools\.list|^Use /],
    ["toString", /^Use mcp\.tools\.list/],
    ["__proto__", /^Use mcp\.tools\.list/],
    ["", /^Use mcp\.tools\.list/],
    ["x".repeat(100_000), /^Use mcp\.tools\.list/],
  ];
  for (const [method, hint] of hints) {
    const reply = await ask(request(method));
    const { code, message, data } = reply?.json.error ?? {};
    assert.deepEqual([reply?.errorCode, code, message, data?.kind], [
      -32601,
      -32601,
      "Method not found",
      "unknown_method",
    ]);
    assert.match(data.hint, hint, method.slice(0, 20));
  }
});

Deno.test("a hint names no tool that the caller may not list", async () => {
  const mayList: HouseOptions["authorizer"]["mayList"] = ({ name }, tool) =>
    name === "alice" || tool.name !== "ctx.set";
  const { ask } = house(undefined, { authorizer: { mayList } });
  const hintFor = async (name: string, method: string) =>
    (await ask(request(method), peer({ principal: { name, authMethod: "token", roles: [] } })))?.json.error.data.hint;
  assert.match(await hintFor("alice", "ctx.sett"), /ctx\.set/);
  assert.equal(await hintFor("bob", "ctx.sett"), "Did you mean ctx.get?");
  assert.equal(await hintFor("bob", "mcp.tools.cal"), await hintFor("alice", "mcp.tools.cal"));
});

/** Every code that the house dialect answers, as a client sees it. */
const ERRORS: readonly (readonly [ToolErrorKind, number])[] = [
  ["tool_failed", -32000],
  ["unauthenticated", -32001],
  ["forbidden", -32003],
  ["unavailable", -32004],
  ["rate_limited", -32005],
  ["timeout", -32006],
  ["audit_unavailable", -32007],
  ["overloaded", -32008],
  ["conflict", -32009],
  ["not_found", -32010],
  ["invalid_params", -32602],
  ["unknown_tool", -32602],
  ["internal", -32603],
  ["cancelled", -32000],
];

Deno.test("every failure of a call goes out with its code, its words, and a kind and a hint to act on", async () => {
  for (const [kind, code] of ERRORS) {
    for (const hint of ["Try this", undefined]) {
      const data = { detail: 5 };
      const error = new ToolError(kind, `Cannot do ${kind}`, { ...(hint !== undefined && { hint }), data });
      const reply = await house(() => Promise.reject(error)).ask(request("ctx.get"));
      assert.equal(reply?.errorCode, code);
      assert.deepEqual([reply.json.error.code, reply.json.error.message], [code, `Cannot do ${kind}`]);
      assert.deepEqual({ ...reply.json.error.data, hint: undefined }, { kind, hint: undefined, detail: 5 });
      assert.equal(typeof reply.json.error.data.hint, "string");
      if (hint) assert.equal(reply.json.error.data.hint, hint);
    }
  }
});

Deno.test("JSON-RPC's own errors have a kind and a hint too", async () => {
  const { ask } = house();
  const cases: [unknown, number, string][] = [
    ["{", -32700, "parse_error"],
    ["[]", -32600, "invalid_request"],
    [{ jsonrpc: "2.0", method: "ctx.get" }, -32600, "invalid_request"],
    [request("nothing.like.it"), -32601, "unknown_method"],
  ];
  for (const [message, code, kind] of cases) {
    const { error } = (await ask(message))?.json ?? {};
    assert.deepEqual([error.code, error.data.kind, typeof error.data.hint], [code, kind, "string"]);
  }
});

Deno.test("a message without an id is answered -32600, but a notification is taken silently", async () => {
  const { ask, seen } = house();
  assert.deepEqual((await ask({ jsonrpc: "2.0", method: "invalid.tool" }))?.json.id, null);
  assert.equal(await ask({ jsonrpc: "2.0", method: "notifications/initialized" }), undefined);
  assert.deepEqual(seen, []);
});

Deno.test("calls beyond the bound of a connection are refused with -32008, others go on, and a free slot is used", async () => {
  const gate = Promise.withResolvers<{ text: string }>();
  const { ask, refusals, seen } = house(() => gate.promise);
  const from = peer();
  const running = [ask(request("ctx.get"), from), ask(request("ctx.get"), from)];
  const refused = await ask(request("ctx.get", {}, 3), from);
  assert.deepEqual([refused?.json.id, refused?.errorCode, refused?.json.error.data.kind], [3, -32008, "overloaded"]);
  assert.match(refused?.json.error.message, /2 calls/);
  assert.equal(seen.length, 2, "it is refused before the call path");
  const elsewhere = ask(request("ctx.get"), peer());
  assert.equal(seen.length, 3, "another connection has slots of its own");
  gate.resolve({ text: "1" });
  await Promise.all([...running, elsewhere]);
  assert.equal((await ask(request("ctx.get"), from))?.errorCode, undefined);
  assert.deepEqual(refusals, ["in_flight"]);
});

Deno.test("a call that fails gives its slot back", async () => {
  const { ask } = house(() => Promise.reject(new ToolError("tool_failed", "No")));
  const from = peer({ slots: new Slots(1) });
  for (let call = 0; call < 5; call++) assert.equal((await ask(request("ctx.get"), from))?.errorCode, -32000);
});

Deno.test("the calls of a batch take a slot each", async () => {
  const { ask } = house();
  const reply = await ask([1, 2, 3, 4].map((id) => request("ctx.get", {}, id)), peer({ slots: new Slots(2) }));
  const answers: { id: number; error?: { code: number } }[] = reply?.json ?? [];
  assert.deepEqual(answers.map(({ id, error }) => [id, error?.code]), [
    [1, undefined],
    [2, undefined],
    [3, -32008],
    [4, -32008],
  ]);
});

Deno.test("a batch has a bound", async () => {
  const { ask, seen } = house();
  const reply = await ask([1, 2, 3, 4, 5].map((id) => request("ctx.get", {}, id)));
  assert.equal(reply?.errorCode, -32600);
  assert.match(reply?.json.error.data.hint, /at most 4 .*not 5/);
  assert.deepEqual(seen, []);
});

Deno.test("results beyond a batch's bound are replaced, and the reply says that the call has run", async () => {
  const { ask, refusals } = house(() => Promise.resolve({ text: JSON.stringify("x".repeat(600)) }));
  const reply = await ask([1, 2].map((id) => request("ctx.get", {}, id)));
  assert.equal(reply?.json[0].result.length, 600);
  const { code, message, data } = reply?.json[1].error ?? {};
  assert.deepEqual([code, message], [-32008, "The batch has more than 1000 bytes of results"]);
  assert.deepEqual([data.kind, data.executed, typeof data.hint], ["overloaded", true, "string"]);
  assert.deepEqual(refusals, ["batch_bytes"]);
});

Deno.test("a server that stops refuses new calls and says so; methods that are unknown stay unknown", async () => {
  const { ask, refusals, lifecycle, seen } = house();
  await lifecycle.drain();
  const reply = await ask(request("ctx.get"));
  assert.deepEqual([reply?.errorCode, reply?.json.error.data.kind], [-32008, "overloaded"]);
  assert.match(reply?.json.error.message, /stopping/);
  assert.match(reply?.json.error.data.hint, /Reconnect/);
  assert.equal((await ask(request("nothing.like.it")))?.errorCode, -32601);
  assert.deepEqual([refusals, seen], [["draining", "unknown_method"], []]);
});

Deno.test("a stop waits for the calls that are under way", async () => {
  const gate = Promise.withResolvers<{ text: string }>();
  const { ask, lifecycle } = house(() => gate.promise);
  const reply = ask(request("ctx.get"));
  assert.equal(lifecycle.inFlight, 1);
  const drained = lifecycle.drain();
  gate.resolve({ text: "1" });
  await drained;
  assert.equal((await reply)?.json.result, 1);
});

Deno.test("whatever the call path throws is answered -32603 without its cause, and logged", async () => {
  const thrown: unknown[] = [new Error("secret of the inside"), "text", null, undefined, 10n, { circular: {} }];
  for (const each of thrown) {
    const { ask, lines } = house(() => {
      throw each;
    });
    const reply = await ask(request("ctx.get"));
    assert.equal(reply?.errorCode, -32603);
    assert(!reply.text.includes("secret of the inside"));
    assert.deepEqual(reply.json.error.data.kind, "internal");
    assert.match(lines[0] ?? "", /^ERROR: A method failed method="ctx.get"/);
  }
});

Deno.test("the limiter's decision reaches the peer that wants to know", async () => {
  const decision = { allowed: true, limit: 1, remaining: 0, resetMs: 1, shared: true };
  const { ask } = house((_, __, onRate) => {
    onRate?.(decision, 60);
    return Promise.resolve({ text: "1" });
  });
  const told: unknown[] = [];
  await ask(request("ctx.get"), peer({ onRate: (made, windowSeconds) => told.push(made, windowSeconds) }));
  assert.deepEqual(told, [decision, 60]);
});

Deno.test("a message may nest 64 levels and no more", async () => {
  const { ask } = house();
  const nested = (levels: number) => JSON.parse(`${"[".repeat(levels)}${"]".repeat(levels)}`);
  assert.equal((await ask(request("ctx.get", nested(63))))?.errorCode, undefined);
  assert.equal((await ask(request("ctx.get", nested(64))))?.errorCode, -32600);
});
