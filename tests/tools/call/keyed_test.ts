import assert from "node:assert/strict";
import { openDatabase } from "../../../storage/embedded/database.ts";
import { createEmbeddedKeyedCallStore } from "../../../storage/embedded/keyed_call_store.ts";
import { StorageError } from "../../../storage/errors.ts";
import type { KeyedCallStore } from "../../../storage/keyed_call_store.ts";
import { createKeyedCalls } from "../../../tools/call/keyed.ts";
import { ToolError, type ToolErrorKind } from "../../../tools/error.ts";
import type { Tool } from "../../../tools/tool.ts";
import { standingClock, testCallPath, type TestCallPathOptions, testContext, testTool } from "../call_path.ts";
import { toolError } from "../tool_error.ts";

/** A tool that changes something, and counts how often it ran. */
function counter(run: (text: string) => unknown = (text) => ({ text }), more: Partial<Tool> = {}) {
  const ran: string[] = [];
  const tool = testTool(({ text }) => {
    ran.push(String(text));
    return Promise.resolve(run(String(text)));
  }, { effect: "own", ...more });
  return { tool, ran };
}

/** Two replicas on one store. */
function replicas(tools: readonly Tool[], more: TestCallPathOptions = {}, store?: KeyedCallStore) {
  const database = openDatabase(":memory:");
  const clock = standingClock();
  const slept: number[] = [];
  const keyed = createKeyedCalls({
    store: store ?? createEmbeddedKeyedCallStore(database, clock),
    clock,
    sleep: async (ms, signal) => {
      signal.throwIfAborted();
      slept.push(ms);
      clock.advance(ms);
      await new Promise((resolve) => setTimeout(resolve));
    },
  });
  const open = () => testCallPath(tools, { keyed, clock, ...more });
  return { one: open(), other: open(), clock, slept, [Symbol.dispose]: () => database.close() };
}

const request = (text: string, idempotencyKey: unknown, tool = "test.tool") => ({
  method: "mcp.tools.call",
  tool,
  args: { text },
  idempotencyKey,
});
const named = (name: string) => testContext({ principal: { name, authMethod: "token", roles: [] } });

Deno.test("a call that comes again with its key gets its first answer, on another replica too, and does not run", async () => {
  const { tool, ran } = counter((text) => ({ text, run: ran.length }));
  using both = replicas([tool]);
  const { one, other } = both;
  const first = await one.call(request("a", "k1"), testContext());
  assert.deepEqual(await other.call(request("a", "k1"), testContext()), first);
  assert.deepEqual(ran, ["a"]);
  const [original] = one.records;
  const [replay] = other.records;
  assert.equal(replay?.outcome, "ok");
  assert.equal(replay.result, original?.result);
  assert.equal(original?.params, '{"text":"a","_meta":{"idempotencyKey":"k1"}}');
  assert.deepEqual(JSON.parse(replay.params), {
    text: "a",
    _meta: { idempotencyKey: "k1", replayOf: original.eventId },
  });
});

Deno.test("a key is its principal's and its tool's alone", async () => {
  const { tool, ran } = counter();
  const second = { ...tool, name: "test.second" };
  using both = replicas([tool, second]);
  await both.one.call(request("a", "k"), named("ann"));
  await both.one.call(request("b", "k"), named("bob"));
  await both.one.call(request("c", "k", "test.second"), named("ann"));
  assert.deepEqual(ran, ["a", "b", "c"]);
});

Deno.test("a key with other arguments is a conflict; the same in another order is none", async () => {
  const { tool, ran } = counter();
  using both = replicas([tool]);
  await both.one.call(request("a", "k"), testContext());
  const error = await toolError("conflict", () => both.other.call(request("b", "k"), testContext()));
  assert.equal(error.data["reason"], "other_arguments");
  assert.deepEqual(ran, ["a"]);
});

Deno.test("rights and limits are asked again before an answer is given again", async () => {
  const { tool } = counter();
  let allowed = true;
  using both = replicas([tool], {
    authorizer: {
      authorize: () =>
        allowed ? { allowed: true, rule: "test", limits: {} } : { allowed: false, rule: "test", reason: "no longer" },
    },
  });
  const { one } = both;
  await one.call(request("a", "k"), testContext());
  one.allow(0);
  await toolError("rate_limited", () => one.call(request("a", "k"), testContext()));
  one.allow(10);
  allowed = false;
  await toolError("forbidden", () => one.call(request("a", "k"), testContext()));
});

Deno.test("twins at the same time run once; the other waits for the answer", async () => {
  const release = Promise.withResolvers<void>();
  const { tool, ran } = counter((text) => release.promise.then(() => ({ text })));
  using both = replicas([tool]);
  const calls = [both.one, both.other, both.one].map(({ call }) => call(request("a", "k"), testContext()));
  while (both.slept.length < 3) await new Promise((resolve) => setTimeout(resolve));
  release.resolve();
  const replies = await Promise.all(calls);
  assert.deepEqual(replies, Array(3).fill({ text: '{"text":"a"}' }));
  assert.deepEqual(ran, ["a"]);
});

Deno.test("what a write was refused with is answered again; it does not run again", async () => {
  for (const kind of ["not_found", "conflict", "tool_failed", "forbidden", "invalid_params"] as const) {
    const { tool, ran } = counter(() => {
      throw new ToolError(kind, "Cannot do it", { hint: "Try else", data: { current: 3 } });
    });
    using both = replicas([tool]);
    const first = await toolError(kind, () => both.one.call(request("a", "k"), testContext()));
    const again = await toolError(kind, () => both.other.call(request("a", "k"), testContext()));
    assert.deepEqual([again.message, again.hint, again.data], [first.message, first.hint, first.data]);
    assert.deepEqual(ran, ["a"], kind);
  }
});

const OPEN_ENDS: readonly ToolErrorKind[] = ["timeout", "cancelled", "unavailable", "audit_unavailable"];
for (const kind of OPEN_ENDS) {
  Deno.test(`a write that ended with ${kind} has an unknown outcome, and does not run again`, async () => {
    const { tool, ran } = counter(() => {
      throw new ToolError(kind, "Cannot tell");
    });
    using both = replicas([tool]);
    await toolError(kind, () => both.one.call(request("a", "k"), testContext()));
    const error = await toolError("conflict", () => both.other.call(request("a", "k"), testContext()));
    assert.equal(error.data["reason"], "outcome_unknown");
    assert.deepEqual(ran, ["a"]);
  });

  Deno.test(`a read that ended with ${kind} is made again`, async () => {
    const { tool, ran } = counter(() => {
      throw new ToolError(kind, "Cannot tell");
    }, { effect: "read" });
    using both = replicas([tool]);
    await toolError(kind, () => both.one.call(request("a", "k"), testContext()));
    await toolError(kind, () => both.other.call(request("a", "k"), testContext()));
    assert.deepEqual(ran, ["a", "a"]);
  });
}

Deno.test("a question to the caller's user keeps nothing: the call comes again with the answer", async () => {
  let asked = 0;
  const { tool } = counter((text) => {
    if (asked++ === 0) throw new ToolError("unanswered", "Sure?");
    return { text };
  });
  using both = replicas([tool]);
  await toolError("unanswered", () => both.one.call(request("a", "k"), testContext()));
  assert.equal((await both.other.call(request("a", "k"), testContext())).text, '{"text":"a"}');
});

Deno.test("a replica that dies in a call leaves an unknown outcome once the tool's time is up, never a second run", async () => {
  const { tool, ran } = counter(() => new Promise(() => {}));
  using both = replicas([tool]);
  const gone = both.one.call(request("a", "k"), testContext());
  gone.catch(() => {});
  while (ran.length === 0) await new Promise((resolve) => setTimeout(resolve));
  const error = await toolError("conflict", () => both.other.call(request("a", "k"), testContext()));
  assert.equal(error.data["reason"], "outcome_unknown");
  assert(both.clock.elapsed() >= 5000, "it waited for the tool's time");
  assert.deepEqual(ran, ["a"]);
  await toolError("timeout", () => gone);
});

Deno.test("an answer whose record was lost is not given again: the outcome is unknown", async () => {
  const { tool, ran } = counter();
  using both = replicas([tool]);
  both.one.audit.append = () => Promise.reject(new StorageError("away"));
  await toolError("audit_unavailable", () => both.one.call(request("a", "k"), testContext()));
  const error = await toolError("conflict", () => both.other.call(request("a", "k"), testContext()));
  assert.equal(error.data["reason"], "outcome_unknown");
  assert.deepEqual(ran, ["a"]);
});

for (const key of ["", "x".repeat(129), 5, null, {}, ["k"]]) {
  Deno.test(`${JSON.stringify(key).slice(0, 12)} is no key, and the call does not run`, async () => {
    const { tool, ran } = counter();
    using both = replicas([tool]);
    await toolError("invalid_params", () => both.one.call(request("a", key), testContext()));
    assert.deepEqual(ran, []);
    assert.equal(both.one.records[0]?.outcome, "invalid");
  });
}

const away = () => Promise.reject(new StorageError("Redis is away"));
const noStore: KeyedCallStore = {
  ...{ begin: away, get: away, replace: away, forget: away },
  [Symbol.asyncDispose]: () => Promise.resolve(),
};

Deno.test("with the store away a keyed write is refused unrun, and a read runs", async () => {
  const write = counter();
  const read = counter(undefined, { name: "test.read", effect: "read" });
  using both = replicas([write.tool, read.tool], {}, noStore);
  const error = await toolError("unavailable", () => both.one.call(request("a", "k"), testContext()));
  assert.equal(error.data["executed"], false);
  assert.deepEqual(write.ran, []);
  assert.equal((await both.one.call(request("a", "k", "test.read"), testContext())).text, '{"text":"a"}');
});

Deno.test("the store going away in a call does not cost its answer; who comes again learns that the outcome is unknown", async () => {
  const { tool, ran } = counter();
  const database = openDatabase(":memory:");
  using _ = { [Symbol.dispose]: () => database.close() };
  const clock = standingClock();
  const store = { ...createEmbeddedKeyedCallStore(database, clock), replace: away };
  const keyed = createKeyedCalls({ store, clock, sleep: (ms) => Promise.resolve(clock.advance(ms)) });
  const { call } = testCallPath([tool], { keyed, clock });
  assert.equal((await call(request("a", "k"), testContext())).text, '{"text":"a"}');
  const error = await toolError("conflict", () => call(request("a", "k"), testContext()));
  assert.equal(error.data["reason"], "outcome_unknown");
  assert.deepEqual(ran, ["a"]);
});
