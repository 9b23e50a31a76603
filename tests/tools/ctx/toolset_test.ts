import assert from "node:assert/strict";
import { createEmbeddedContextStore } from "../../../storage/embedded/context_store.ts";
import { openDatabase } from "../../../storage/embedded/database.ts";
import type { Json } from "../../../storage/json.ts";
import { type Authorizer, openAuthorizer } from "../../../tools/authorizer.ts";
import { type CatalogueOptions, createCatalogue } from "../../../tools/catalogue.ts";
import { chooseToolsets } from "../../../tools/toolsets.ts";
import { manualClock } from "../../contracts/manual_clock.ts";
import { testCallPath, testContext } from "../call_path.ts";
import { toolError } from "../tool_error.ts";

const TTL_SECONDS = 3600;
const TOKENS_MAX = 2000;

interface ToolsOptions {
  readonly scope?: "shared" | "principal";
  readonly keysMax?: number;
  readonly authorizer?: Partial<Authorizer>;
}

/** The toolset on an embedded store, called by the call path. */
async function openTools({ scope = "shared", keysMax = 0, authorizer = {} }: ToolsOptions = {}) {
  const database = openDatabase(":memory:");
  const clock = manualClock();
  const context = createEmbeddedContextStore(database, clock);
  const notices: Json[] = [];
  // What the context tools do not use is left out.
  const tools = await createCatalogue({
    context,
    authorizer: { ...openAuthorizer, ...authorizer },
    events: { publish: (_: string, event: Json) => Promise.resolve(void notices.push(event)) },
    toolsets: chooseToolsets(["ctx"]),
    contextTtlSeconds: TTL_SECONDS,
    contextScope: scope,
    contextKeysMax: keysMax,
    contextBytesMax: 0,
  } as Partial<CatalogueOptions> as CatalogueOptions);
  const { call, records } = testCallPath(tools, { rateLimitPerMinute: 0, authorizer });
  return {
    ...{ context, clock, notices, records },
    call: async (tool: string, args: unknown, principal = "alice") => {
      const caller = testContext({ principal: { name: principal, authMethod: "none", roles: [] } });
      return JSON.parse((await call({ method: tool, tool, args }, caller)).text);
    },
    [Symbol.dispose]: () => database.close(),
  };
}

Deno.test("with the toolset a call with the guide's arguments gets the guide's members still", async () => {
  using tools = await openTools();
  assert.deepEqual(await tools.call("ctx.set", { key: "k", value: 1 }), { success: true, key: "k", value: 1 });
  assert.deepEqual(await tools.call("ctx.get", { key: "k" }), { key: "k", value: 1 });
});

Deno.test("ctx.get says version, writer, time and life where it is asked to, and nothing of a value that is not there", async () => {
  using tools = await openTools();
  await tools.call("ctx.set", { key: "k", value: 1, ttl_seconds: 60 });
  tools.clock.advance(10_000);
  const { written_at, ...rest } = await tools.call("ctx.get", { key: "k", metadata: true });
  assert.deepEqual(rest, { key: "k", value: 1, version: 1, writer: "alice", ttl_seconds: 50 });
  assert.match(written_at, /^\d{4}-\d\d-\d\dT/);
  assert.deepEqual(await tools.call("ctx.get", { key: "none", metadata: true }), { key: "none", value: null });
});

Deno.test("a write that expects another version is a conflict, which carries value, version and writer as they are", async () => {
  using tools = await openTools();
  const secret = "ghp_0123456789abcdefghijABCDEFGHIJ012345";
  await tools.call("ctx.set", { key: "k", value: { token: secret } }, "bob");
  assert.deepEqual(await tools.call("ctx.set", { key: "k", value: { token: secret }, expected_version: 1 }, "bob"), {
    success: true,
    key: "k",
    value: { token: secret },
    version: 2,
  });
  for (const [tool, args] of [["ctx.set", { value: 2 }], ["ctx.delete", {}]] as const) {
    const error = await toolError("conflict", () => tools.call(tool, { key: "k", ...args, expected_version: 1 }));
    assert.deepEqual(error.data, {
      key: "k",
      expected_version: 1,
      version: 2,
      // Context is lossless, in a conflict too; what is recorded of it is not.
      value: { token: secret },
      writer: "bob",
    });
  }
  assert(!JSON.stringify(tools.records).includes(secret), "the secret is on record");
  const none = await toolError("conflict", () => tools.call("ctx.set", { key: "n", value: 1, expected_version: 4 }));
  assert.deepEqual([none.data["version"], none.data["value"], none.data["writer"]], [0, null, null]);
});

Deno.test("ctx.delete says whether there was a value, and tells who listens", async () => {
  using tools = await openTools();
  await tools.call("ctx.set", { key: "k", value: 1 });
  assert.deepEqual(await tools.call("ctx.delete", { key: "k" }), { key: "k", deleted: true });
  assert.deepEqual(await tools.call("ctx.delete", { key: "k" }), { key: "k", deleted: false });
  assert.deepEqual(tools.notices, [
    { key: "k", version: 1, writer: "alice" },
    { key: "k", version: 0, writer: "alice" },
  ]);
});

Deno.test("ctx.increment counts from 0, by anything whole, and keeps the life of what is there", async () => {
  using tools = await openTools();
  assert.deepEqual(await tools.call("ctx.increment", { key: "n", ttl_seconds: 100 }), {
    key: "n",
    value: 1,
    version: 1,
  });
  tools.clock.advance(40_000);
  assert.deepEqual(await tools.call("ctx.increment", { key: "n", by: -5 }), { key: "n", value: -4, version: 2 });
  assert.equal((await tools.context.get("n"))?.ttlSeconds, 60);
  for (const [value, by] of [["text", 1], [1.5, 1], [null, 1], [Number.MAX_SAFE_INTEGER, 1]] as const) {
    await tools.call("ctx.set", { key: "x", value });
    await toolError("conflict", () => tools.call("ctx.increment", { key: "x", by }));
    assert.deepEqual((await tools.call("ctx.get", { key: "x" })).value, value);
  }
});

Deno.test("ctx.append begins a list, adds to its end, keeps the last, and refuses what is none or would be too large", async () => {
  using tools = await openTools();
  assert.deepEqual(await tools.call("ctx.append", { key: "l", item: 1 }), { key: "l", length: 1, version: 1 });
  for (const item of [[2], null, "four"]) await tools.call("ctx.append", { key: "l", item });
  assert.deepEqual((await tools.call("ctx.get", { key: "l" })).value, [1, [2], null, "four"]);
  assert.equal((await tools.call("ctx.append", { key: "l", item: 5, keep_last: 2 })).length, 2);
  assert.deepEqual((await tools.call("ctx.get", { key: "l" })).value, ["four", 5]);
  await tools.call("ctx.set", { key: "s", value: "text" });
  await toolError("conflict", () => tools.call("ctx.append", { key: "s", item: 1 }));
  await tools.call("ctx.set", { key: "big", value: ["x".repeat(65_000)] });
  const error = await toolError("conflict", () => tools.call("ctx.append", { key: "big", item: "x".repeat(1000) }));
  assert.match(error.hint ?? "", /keep_last/);
});

Deno.test("a quota counts what the toolset writes", async () => {
  using tools = await openTools({ keysMax: 2 });
  await tools.call("ctx.increment", { key: "a" });
  await tools.call("ctx.append", { key: "b", item: 1 });
  await toolError("forbidden", () => tools.call("ctx.increment", { key: "c" }));
  await tools.call("ctx.delete", { key: "a" });
  await tools.call("ctx.increment", { key: "c" });
});

Deno.test("ctx.list gives the keys by prefix, page after page, each within a default answer's tokens", async () => {
  using tools = await openTools();
  for (let i = 0; i < 300; i++) {
    await tools.context.set(`incident/${String(i).padStart(4, "0")}`, i, { writer: "bob", ttlSeconds: 600 });
  }
  await tools.context.set("other", 1, { writer: "bob", ttlSeconds: 600 });
  const keys: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await tools.call("ctx.list", { prefix: "incident/", ...(cursor && { cursor }) });
    assert.equal(page.total, 300);
    assert.equal(page.returned, page.entries.length);
    assert(Math.ceil(JSON.stringify(page).length / 3) <= TOKENS_MAX);
    keys.push(...page.entries.map(({ key }: { key: string }) => key));
    cursor = page.next;
  } while (cursor);
  assert.deepEqual(keys, [...new Set(keys)].sort());
  assert.equal(keys.length, 300);
  const [first] = (await tools.call("ctx.list", { prefix: "incident/", limit: 1 })).entries;
  const { written_at, ...rest } = first;
  assert.deepEqual(rest, { key: "incident/0000", version: 1, writer: "bob", ttl_seconds: 600 });
  assert(written_at);
});

Deno.test("ctx.list shows no key that the caller may not get, nor another principal's", async () => {
  using tools = await openTools({
    authorizer: {
      authorize: ({ tool, args }) =>
        tool.name === "ctx.get" && String(args?.["key"]).startsWith("secret/")
          ? { allowed: false, rule: "test", reason: "no" }
          : { allowed: true, rule: "test", limits: {} },
    },
  });
  for (const key of ["open", "secret/a"]) await tools.call("ctx.set", { key, value: 1 });
  const { entries, total } = await tools.call("ctx.list", {});
  assert.deepEqual([entries.map(({ key }: { key: string }) => key), total], [["open"], 1]);

  using own = await openTools({ scope: "principal" });
  await own.call("ctx.set", { key: "mine", value: 1 }, "alice");
  await own.call("ctx.set", { key: "other", value: 1 }, "bob");
  const mine = (await own.call("ctx.list", {}, "alice")).entries;
  assert.deepEqual(mine.map(({ key }: { key: string }) => key), ["mine"]);
});
