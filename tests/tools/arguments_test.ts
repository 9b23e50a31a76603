import assert from "node:assert/strict";
import { z } from "zod";
import { parseArguments } from "../../tools/arguments.ts";
import { defineTool } from "../../tools/tool.ts";
import { toolError } from "./tool_error.ts";

function toolOf<Input extends z.ZodObject>(input: Input) {
  return defineTool({
    name: "test.tool",
    toolset: "core",
    summary: "Test",
    description: "Test",
    input,
    output: z.object({}),
    effect: "read",
    idempotent: true,
    openWorld: false,
    run: () => Promise.resolve({}),
  });
}

const tool = toolOf(z.strictObject({
  namespace: z.string().min(1).max(63),
  limit: z.int().min(1).max(1000).default(100),
  level: z.enum(["low", "high"]).optional(),
  since: z.union([z.string(), z.int()]).optional(),
  labels: z.array(z.strictObject({ name: z.string() })).optional(),
  annotations: z.record(z.string(), z.string()).optional(),
  password: z.string().max(4).optional(),
}));
const N = { namespace: "default" };

interface Problem {
  readonly path: string;
  readonly expected: string;
  readonly got: string;
}

const wrong: readonly (readonly [what: string, args: unknown, problems: readonly Problem[]])[] = [
  ["a missing one", {}, [{ path: "namespace", expected: "expected string", got: "nothing" }]],
  ["null", { namespace: null }, [{ path: "namespace", expected: "expected string", got: "null" }]],
  ["a number for a string", { namespace: 5 }, [{ path: "namespace", expected: "expected string", got: "5" }]],
  ["a string for a number", { ...N, limit: "5" }, [{ path: "limit", expected: "expected number", got: '"5"' }]],
  ["a fraction", { ...N, limit: 1.5 }, [{ path: "limit", expected: "expected int", got: "1.5" }]],
  ["too large a number", { ...N, limit: 1001 }, [
    { path: "limit", expected: "Too big: expected number to be <=1000", got: "1001" },
  ]],
  ["a number beyond all bounds", { ...N, limit: JSON.parse("1e400") }, [
    { path: "limit", expected: "expected number", got: "Infinity" },
  ]],
  ["an empty string", { namespace: "" }, [
    { path: "namespace", expected: "Too small: expected string to have >=1 characters", got: '""' },
  ]],
  ["an option that there is not", { ...N, level: "mid" }, [
    { path: "level", expected: 'Invalid option: expected one of "low"|"high"', got: '"mid"' },
  ]],
  ["none of several types", { ...N, since: true }, [
    { path: "since", expected: "expected string or expected number", got: "true" },
  ]],
  ["a list for an object", [1], [{ path: "", expected: "expected object", got: "[1]" }]],
  ["a string for an object", "default", [{ path: "", expected: "expected object", got: '"default"' }]],
  ["null for an object", null, [{ path: "", expected: "expected object", got: "null" }]],
  ["a nested one", { ...N, labels: [{ name: "a" }, { name: { deep: 1 } }] }, [
    { path: "labels[1].name", expected: "expected string", got: '{"deep":1}' },
  ]],
  ["a nested unknown one", { ...N, labels: [{ name: "a", limt: 1 }] }, [
    { path: "labels[0].limt", expected: "no such parameter", got: "1" },
  ]],
  ["a name with slashes", { ...N, annotations: { "a.b/c d": 1 } }, [
    { path: 'annotations["a.b/c d"]', expected: "expected string", got: "1" },
  ]],
  ["a misspelt name", { ...N, limt: 5 }, [
    { path: "limt", expected: 'no such parameter, did you mean "limit"?', got: "5" },
  ]],
  ["a name in another case", { Namespace: "a" }, [
    { path: "namespace", expected: "expected string", got: "nothing" },
    { path: "Namespace", expected: 'no such parameter, did you mean "namespace"?', got: '"a"' },
  ]],
  ["a name like no other", { ...N, zzzzzzzz: 1 }, [{ path: "zzzzzzzz", expected: "no such parameter", got: "1" }]],
  ["__proto__", JSON.parse('{"namespace":"a","__proto__":{"limit":0}}'), [
    { path: "__proto__", expected: "no such parameter", got: '{"limit":0}' },
  ]],
  ["constructor", { ...N, constructor: 1 }, [{ path: "constructor", expected: "no such parameter", got: "1" }]],
  ["an empty name", { ...N, "": 1 }, [{ path: '[""]', expected: "no such parameter", got: "1" }]],
  ["several at once", { namespace: 5, limit: 0 }, [
    { path: "namespace", expected: "expected string", got: "5" },
    { path: "limit", expected: "Too small: expected number to be >=1", got: "0" },
  ]],
  ["a secret by its name", { ...N, password: "hunter2" }, [
    { path: "password", expected: "Too big: expected string to have <=4 characters", got: '"[REDACTED]"' },
  ]],
  ["a secret number by its name", { ...N, password: 1234 }, [
    { path: "password", expected: "expected string", got: '"[REDACTED]"' },
  ]],
  ["a secret by its looks", { ...N, limit: "bearer 0a1b2c3d4e" }, [
    { path: "limit", expected: "expected number", got: '"bearer [REDACTED]"' },
  ]],
  ["half a surrogate pair", { ...N, limit: "\ud800" }, [
    { path: "limit", expected: "expected number", got: String.raw`"\ud800"` },
  ]],
];

for (const [what, args, problems] of wrong) {
  Deno.test(`parseArguments names field, expected and got: ${what}`, async () => {
    const error = await toolError("invalid_params", () => parseArguments(tool, args));
    const words = problems.map(({ path, expected, got }) => `${path || "arguments"}: ${expected}, but got ${got}`);
    assert.equal(error.message, `Invalid arguments for test.tool: ${words.join("; ")}`);
    assert.equal(
      error.hint,
      `Correct ${problems.map(({ path }) => path || "the arguments").join(", ")} and call again`,
    );
    assert.deepEqual(error.data, { problems });
  });
}

Deno.test("parseArguments takes nothing from Object.prototype for a value", async () => {
  const error = await toolError("invalid_params", () => parseArguments(toolOf(z.object({ constructor: z.int() })), {}));
  assert.match(error.message, /: constructor: expected .*, but got nothing$/);
});

Deno.test("parseArguments fills in defaults and keeps the rest", () => {
  assert.deepEqual(parseArguments(tool, N), { namespace: "default", limit: 100 });
  const all = { namespace: "a", limit: 1, level: "low", since: 5, labels: [{ name: "b" }], annotations: { c: "d" } };
  assert.deepEqual(parseArguments(tool, all), all);
});

Deno.test("parseArguments names a field once in the hint, however much is wrong with it", async () => {
  const strict = toolOf(z.strictObject({ key: z.string().max(3).regex(/^a*$/, "Use the letter a") }));
  const error = await toolError("invalid_params", () => parseArguments(strict, { key: "bbbb" }));
  assert.match(error.message, /Too big.*; key: Use the letter a/);
  assert.equal(error.hint, "Correct key and call again");
});

Deno.test("parseArguments cuts long values and long names", async () => {
  const args = { ...N, limit: "x".repeat(1_000_000), ["y".repeat(1_000_000)]: { z: "z".repeat(1_000_000) } };
  const error = await toolError("invalid_params", () => parseArguments(tool, args));
  assert.match(
    error.message,
    /limit: expected number, but got "x{79}…; \["y{79}…\]: no such parameter, but got \{"z":"z+…$/,
  );
  assert(JSON.stringify([error.message, error.hint, error.data]).length < 2000);
});

Deno.test("parseArguments does not cut a surrogate pair in half", async () => {
  const error = await toolError(
    "invalid_params",
    () => parseArguments(tool, { ...N, limit: "\u{1F600}".repeat(99) }),
  );
  assert(error.message.isWellFormed());
});

Deno.test("parseArguments names ten problems and counts the rest", async (t) => {
  const names = Array.from({ length: 25 }, (_, i) => [`zzzzzz${i}`, i] as const);
  const table: readonly (readonly [what: string, args: unknown])[] = [
    ["unknown names", { ...N, ...Object.fromEntries(names) }],
    ["items of a list", { ...N, labels: Array(25).fill(5) }],
    ["both", { ...N, labels: Array(5).fill(5), ...Object.fromEntries(names.slice(5)) }],
  ];
  for (const [what, args] of table) {
    await t.step(what, async () => {
      const error = await toolError("invalid_params", () => parseArguments(tool, args));
      const { problems } = error.data;
      assert(Array.isArray(problems));
      assert.equal(problems.length, 10);
      assert.match(error.message, /; and 15 more$/);
    });
  }
});

Deno.test("parseArguments is done soon with a hundred thousand unknown names", async () => {
  const args = { ...N, ...Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`name${i}`, 0])) };
  const started = performance.now();
  const error = await toolError("invalid_params", () => parseArguments(tool, args));
  assert(performance.now() - started < 2000);
  assert.match(error.message, /; and 99990 more$/);
  assert(error.message.length < 2000);
});

Deno.test("parseArguments refuses an object whose length cannot be compared, as the caller's fault", async () => {
  for (const length of [{ toString: 1 }, { toString: null, valueOf: 1 }]) {
    const error = await toolError("invalid_params", () => parseArguments(tool, { namespace: { length } }));
    assert.deepEqual(error.data.problems, [{
      path: "",
      expected: 'no object with a "length" of its own',
      got: JSON.stringify({ namespace: { length } }),
    }]);
  }
});
