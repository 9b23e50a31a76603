import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { encodeContextValue } from "../../../storage/context_value.ts";
import { StorageError } from "../../../storage/errors.ts";
import { CONTEXT_TOPIC } from "../../../tools/ctx/set.ts";
import { testCallPath, testContext } from "../call_path.ts";
import { toolError } from "../tool_error.ts";
import { openContextTools } from "./context_tools.ts";

Deno.test("ctx.set and ctx.get answer as the guide prints", async () => {
  using context = openContextTools();
  assert.deepEqual(await context.set({ key: "version", value: "1.0.0" }), {
    success: true,
    key: "version",
    value: "1.0.0",
  });
  assert.deepEqual(await context.get({ key: "version" }), { key: "version", value: "1.0.0" });
});

Deno.test("ctx.get gives null for a key that was never set, and for one whose time is over", async () => {
  using context = openContextTools();
  assert.deepEqual(await context.get({ key: "missing" }), { key: "missing", value: null });
  await context.set({ key: "incident", value: 1 });
  context.clock.advance(3_599_000);
  assert.deepEqual(await context.get({ key: "incident" }), { key: "incident", value: 1 });
  context.clock.advance(1_000);
  assert.deepEqual(await context.get({ key: "incident" }), { key: "incident", value: null });
});

const goodKeys: readonly string[] = [
  "a",
  "version",
  "incident:42/root-cause",
  "!#$%&*+,-./:;<=>?@[]^_`|~",
  `quote"backslash\\`,
  "../../etc/passwd",
  "__proto__",
  "constructor",
  "x".repeat(256),
];

for (const key of goodKeys) {
  Deno.test(`ctx takes the key ${JSON.stringify(key.slice(0, 40))} of ${key.length} characters`, async () => {
    using context = openContextTools();
    await context.set({ key, value: { by: key } });
    assert.deepEqual(await context.get({ key }), { key, value: { by: key } });
    assert.deepEqual(await context.get({ key: `${key.slice(0, 200)}.` }), {
      key: `${key.slice(0, 200)}.`,
      value: null,
    });
  });
}

const printable = /key: Use printable ASCII characters without spaces or braces, but got/;
const badKeys: readonly (readonly [what: string, key: unknown, message: RegExp])[] = [
  ["an empty key", "", /key: Too small: expected string to have >=1 characters, but got ""$/],
  ["257 characters", "x".repeat(257), /key: Too big: expected string to have <=256 characters, but got "x+…$/],
  ["a space", "a b", printable],
  ["a space at the end", "a ", printable],
  ["a tab", "a\tb", printable],
  ["a line break", "a\nb", printable],
  ["a line break at the end", "a\n", printable],
  ["a carriage return", "a\r", printable],
  ["a NUL", "a\0", printable],
  ["an escape", "\u001b[2J", printable],
  ["a delete", "a\u007f", printable],
  ["an opening brace", "a{b", printable],
  ["a closing brace", "a}b", printable],
  ["a hash tag of Redis Cluster", "{user}:1", printable],
  ["an accent", "café", printable],
  ["a letter that looks like another", "vеrsion", printable],
  ["an emoji", "\u{1F600}", printable],
  ["a zero-width space", "a\u200b", printable],
  ["half a surrogate pair", "\ud800", printable],
  ["a number", 5, /key: expected string, but got 5$/],
  ["null", null, /key: expected string, but got null$/],
  ["a list", ["a"], /key: expected string, but got \["a"\]$/],
];

for (const [what, key, message] of badKeys) {
  Deno.test(`ctx refuses a key with ${what}`, async () => {
    using context = openContextTools();
    for (const call of [() => context.get({ key }), () => context.set({ key, value: 1 })]) {
      assert.match((await toolError("invalid_params", call)).message, message);
    }
    assert.deepEqual(context.notices, []);
  });
}

const values: readonly (readonly [what: string, json: string])[] = [
  ["null", "null"],
  ["false", "false"],
  ["zero", "0"],
  ["an empty string", '""'],
  ["a string that is JSON", '"1.5"'],
  ["a string that is null in JSON", '"null"'],
  ["a string with white space around", '" a "'],
  ["an empty list", "[]"],
  ["an empty object", "{}"],
  ["a __proto__ member", '{"__proto__":{"admin":true},"a":1}'],
  ["a constructor member", '{"constructor":{"prototype":null}}'],
  ["a nested __proto__ member", '[{"a":{"__proto__":1}}]'],
  ["a NUL and half a surrogate pair", '"\\u0000\\ud800"'],
  ["many levels", `${"[".repeat(60)}${"]".repeat(60)}`],
];

for (const [what, json] of values) {
  Deno.test(`ctx keeps a value to the letter: ${what}`, async () => {
    using context = openContextTools();
    const args = JSON.parse(`{"key":"k","value":${json}}`);
    assert.equal(JSON.stringify(await context.set(args)), `{"success":true,"key":"k","value":${json}}`);
    assert.equal(JSON.stringify(await context.get({ key: "k" })), `{"key":"k","value":${json}}`);
  });
}

Deno.test("ctx keeps any JSON value to the letter", async () => {
  using context = openContextTools();
  await fc.assert(fc.asyncProperty(fc.json({ stringUnit: "binary" }), async (json) => {
    const value = JSON.parse(json);
    await context.set({ key: "k", value });
    assert.equal(JSON.stringify(await context.get({ key: "k" })), JSON.stringify({ key: "k", value }));
  }));
});

const ofBytes: readonly (readonly [what: string, make: (bytes: number) => unknown])[] = [
  ["text", (bytes) => "x".repeat(bytes)],
  ["text that is JSON, in its quotes", (bytes) => "1".repeat(bytes - 2)],
  ["text of two bytes a letter", (bytes) => "é".repeat(bytes >> 1) + "x".repeat(bytes & 1)],
  ["a list with its brackets", (bytes) => ["x".repeat(bytes - 4)]],
];

for (const [what, make] of ofBytes) {
  Deno.test(`ctx.set takes 65,536 bytes and refuses one more: ${what}`, async () => {
    using context = openContextTools();
    const value = make(65_536);
    assert.equal(Buffer.byteLength(encodeContextValue(value as string)), 65_536); // Text, or a list of it.
    await context.set({ key: "k", value });
    assert.deepEqual(await context.get({ key: "k" }), { key: "k", value });
    const error = await toolError("invalid_params", () => context.set({ key: "k", value: make(65_537) }));
    assert.match(
      error.message,
      /value: Keep the value under 65536 bytes as JSON: store a summary or a reference, but got/,
    );
    assert(error.message.length < 400);
    assert.deepEqual(await context.get({ key: "k" }), { key: "k", value });
  });
}

const badArguments: readonly (readonly [what: string, args: unknown, message: RegExp])[] = [
  ["no value", { key: "k" }, /value: Give a value: any JSON, null included, but got nothing$/],
  ["no key", { value: 1 }, /key: expected string, but got nothing$/],
  ["nothing at all", {}, /key: expected string, but got nothing; value: Give a value.*, but got nothing$/],
  ["an unknown parameter", { key: "k", value: 1, ttl: 5 }, /ttl: no such parameter, but got 5$/],
  ["a misspelt parameter", { key: "k", vaule: 1 }, /vaule: no such parameter, did you mean "value"\?, but got 1$/],
  ["arguments by position", ["k", 1], /arguments: expected object, but got \["k",1\]$/],
];

for (const [what, args, message] of badArguments) {
  Deno.test(`ctx.set refuses ${what}`, async () => {
    using context = openContextTools();
    assert.match((await toolError("invalid_params", () => context.set(args))).message, message);
    assert.deepEqual(await context.get({ key: "k" }), { key: "k", value: null });
  });
}

Deno.test("ctx.set notes who wrote which version, and tells the bus", async () => {
  using context = openContextTools();
  await context.set({ key: "k", value: "one" }, "alice");
  await context.set({ key: "k", value: "two" }, "bob");
  const entry = await context.store.get("k");
  assert.equal(entry?.version, 2);
  assert.equal(entry?.writer, "bob");
  assert.equal(entry?.ttlSeconds, 3600);
  assert.deepEqual(context.notices, [
    { key: "k", version: 1, writer: "alice" },
    { key: "k", version: 2, writer: "bob" },
  ]);
});

Deno.test("ctx.set succeeds although the bus is away", async () => {
  const topics: string[] = [];
  using context = openContextTools({
    publish: (topic) => {
      topics.push(topic);
      return Promise.reject(new StorageError("Redis is away"));
    },
  });
  assert.deepEqual(await context.set({ key: "k", value: 1 }), { success: true, key: "k", value: 1 });
  assert.deepEqual(await context.get({ key: "k" }), { key: "k", value: 1 });
  assert.deepEqual(topics, [CONTEXT_TOPIC]);
});

Deno.test("ctx.set does not hide a fault of ours in the bus", async () => {
  const fault = new TypeError("a fault of ours");
  using context = openContextTools({ publish: () => Promise.reject(fault) });
  await assert.rejects(context.set({ key: "k", value: 1 }), fault);
});

Deno.test("ctx tools pass on that the store is away", async () => {
  const context = openContextTools();
  context[Symbol.dispose]();
  await assert.rejects(context.get({ key: "k" }), StorageError);
  await assert.rejects(context.set({ key: "k", value: 1 }), StorageError);
  assert.deepEqual(context.notices, []);
});

Deno.test("context is lossless, secrets included, while the record is redacted", async () => {
  using context = openContextTools();
  const { call, records } = testCallPath([context.tools.get, context.tools.set]);
  const value = { url: "redis://:hunter2@redis-mcp:6379", note: "password=hunter2" };
  const send = (tool: string, args: unknown) => call({ method: "mcp.tools.call", tool, args }, testContext());
  await send("ctx.set", { key: "redis", value });
  assert.deepEqual(JSON.parse((await send("ctx.get", { key: "redis" })).text), { key: "redis", value });
  await send("ctx.set", { key: "db_password", value: "hunter2" });
  assert.deepEqual(JSON.parse((await send("ctx.get", { key: "db_password" })).text).value, "hunter2");
  await assert.rejects(send("ctx.set", { key: "db_password", value: "hunter2", token: "hunter2" }));
  assert.equal(records.length, 5);
  assert(!JSON.stringify(records).includes("hunter2"), "A secret is on record");
});
