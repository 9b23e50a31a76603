import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { ToolError } from "../../tools/error.ts";
import { shape } from "../../tools/shape.ts";
import { toolError } from "./tool_error.ts";

const BYTES_MAX = 1000;

function lines(count: number, chars = 40): string[] {
  return Array.from({ length: count }, (_, i) => `${i} `.padEnd(chars, "x"));
}

Deno.test("shape prints what is within the bound as it is", () => {
  const result = { pods: [{ name: "a" }], truncated: false };
  const text = '{"pods":[{"name":"a"}],"truncated":false}';
  assert.deepEqual(shape(result, BYTES_MAX), { text, bytes: 41, tokens: 14 });
});

Deno.test("shape prints what is exactly at the bound as it is", () => {
  const result = { list: ["x".repeat(BYTES_MAX - 13)] };
  const { text, bytes } = shape(result, BYTES_MAX);
  assert.equal(bytes, BYTES_MAX);
  assert.equal(text, JSON.stringify(result));
});

Deno.test("shape counts bytes, not characters", () => {
  const { bytes, tokens } = shape({ text: "é€\u{1F600}" }, BYTES_MAX);
  assert.equal(bytes, 20);
  assert.equal(tokens, 7);
});

Deno.test("shape cuts the longest list from its end and says so", () => {
  const logs = lines(100);
  const { text, bytes } = shape({ matched: 100, logs, errors: ["one"] }, BYTES_MAX);
  const cut = JSON.parse(text);
  assert(bytes <= BYTES_MAX);
  assert.deepEqual(Object.keys(cut), ["matched", "logs", "errors", "truncated", "warnings"]);
  assert.deepEqual(cut.logs, logs.slice(0, cut.logs.length));
  assert(cut.logs.length >= 12, `Kept only ${cut.logs.length} where there is room for more`);
  assert.equal(cut.truncated, true);
  assert.deepEqual(cut.errors, ["one"]);
  assert.deepEqual(cut.warnings, [
    `Cut logs to ${cut.logs.length} of 100, since a reply has at most 1000 bytes: narrow the arguments`,
  ]);
});

Deno.test("shape measures the longest list in bytes", () => {
  const { text } = shape({ many: [1, 2, 3, 4, 5, 6, 7, 8], big: lines(2, 900) }, BYTES_MAX);
  const cut = JSON.parse(text);
  assert.deepEqual(cut.many, [1, 2, 3, 4, 5, 6, 7, 8]);
  assert.equal(cut.big.length, 0);
});

const tight: readonly (readonly [what: string, result: unknown])[] = [
  ["a list with a long name, which the warning repeats", { ["x".repeat(300)]: lines(100) }],
  ["a list whose name is longer in JSON", { ["\u0000".repeat(40)]: lines(100) }],
  ["a list of which commas are the half", { list: Array(1000).fill(1) }],
  ["a list of empty texts", { list: Array(1000).fill("") }],
  ["a list beside members that fill most of the room", { note: "x".repeat(600), list: lines(100, 3) }],
];

for (const [what, result] of tight) {
  Deno.test(`shape stays within the bound with ${what}`, () => {
    const { bytes, text } = shape(result, BYTES_MAX);
    assert(bytes <= BYTES_MAX, `Sent ${bytes} bytes`);
    assert.equal(bytes, Buffer.byteLength(text));
  });
}

Deno.test("shape keeps the tool's own warnings, and never cuts them", () => {
  const { text } = shape({ logs: lines(100, 20), warnings: ["first", "second"] }, BYTES_MAX);
  const { warnings } = JSON.parse(text);
  assert.equal(warnings.length, 3);
  assert.deepEqual(warnings.slice(0, 2), ["first", "second"]);
});

Deno.test("shape replaces a truncated that said false", () => {
  const { text } = shape({ truncated: false, logs: lines(100) }, BYTES_MAX);
  assert.equal(JSON.parse(text).truncated, true);
});

Deno.test("shape does not change what it is given", () => {
  const result = { logs: lines(100), warnings: ["first"] };
  shape(result, BYTES_MAX);
  assert.deepEqual(result, { logs: lines(100), warnings: ["first"] });
});

const uncuttable: readonly (readonly [what: string, result: unknown])[] = [
  ["a long string", { value: "x".repeat(2000) }],
  ["a string beside a short list", { value: "x".repeat(2000), list: [1, 2, 3] }],
  ["a list deeper down", { value: { list: lines(100) } }],
  ["long warnings", { warnings: lines(100) }],
  ["a list alone", lines(100)],
  ["a list of lists", [lines(100), [1]]],
  ["a string alone", "x".repeat(2000)],
];

for (const [what, result] of uncuttable) {
  Deno.test(`shape refuses ${what} over the bound`, async () => {
    const error = await toolError("tool_failed", () => shape(result, BYTES_MAX));
    const bytes = Buffer.byteLength(JSON.stringify(result));
    assert.equal(error.message, `The result has ${bytes} bytes, more than the 1000 that are sent`);
    assert.equal(error.hint, "Ask for less: narrow the arguments");
  });
}

Deno.test("shape never goes over the bound, and cuts only ends", () => {
  // Enough letters of three bytes and of six in JSON to tell bytes, characters and escapes apart.
  const text = fc.string({ unit: fc.constantFrom("a", '"', "€", "\u0000", "\u{1F600}"), maxLength: 60 });
  const member = fc.oneof(fc.array(text, { maxLength: 40 }), fc.array(fc.jsonValue()), text, fc.integer());
  const result = fc.tuple(
    fc.dictionary(text, member, { maxKeys: 4 }),
    fc.option(fc.array(text, { maxLength: 3 }), { nil: undefined }),
  ).map(([members, warnings]) => warnings ? { ...members, warnings } : members);
  fc.assert(
    fc.property(result, fc.integer({ min: 300, max: 4000 }), (given, bytesMax) => {
      const whole = JSON.stringify(given);
      let shaped;
      try {
        shaped = shape(given, bytesMax);
      } catch (error) {
        assert(error instanceof ToolError);
        return assert(Buffer.byteLength(whole) > bytesMax);
      }
      assert(shaped.bytes <= bytesMax);
      assert.equal(shaped.bytes, Buffer.byteLength(shaped.text));
      assert.equal(shaped.tokens, Math.ceil(shaped.bytes / 3));
      if (Buffer.byteLength(whole) <= bytesMax) return assert.equal(shaped.text, whole);
      const { truncated, warnings, ...kept } = JSON.parse(shaped.text);
      const before: Record<string, unknown> = JSON.parse(whole);
      assert.equal(truncated, true);
      const said = (before["warnings"] ?? []) as unknown[]; // The tool's, as generated above.
      assert.deepEqual(warnings.slice(0, -1), said);
      const changed = Object.keys(kept).filter((name) => JSON.stringify(kept[name]) !== JSON.stringify(before[name]));
      assert.equal(changed.length, 1);
      for (const name of changed) {
        const list = before[name];
        assert(Array.isArray(list));
        assert.deepEqual(kept[name], list.slice(0, kept[name].length));
      }
    }),
    { numRuns: 1000 },
  );
});
