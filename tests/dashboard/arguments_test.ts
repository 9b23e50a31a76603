import assert from "node:assert/strict";
import { assert as check, json, property } from "fast-check";
import { printField, problemsOf, readField } from "../../dashboard/client/try/arguments.ts";
import { readRequest, requestFor } from "../../dashboard/client/try/request.ts";
import { findTable } from "../../dashboard/client/try/tabular.ts";
import type { ArgumentSchema, ConsoleTool } from "../../dashboard/wire.ts";

const tool: ConsoleTool = {
  name: "test.tool",
  summary: "Test",
  description: "A tool of each type",
  effect: "read",
  parameters: {
    key: { type: "string", minLength: 1, maxLength: 5, pattern: "^[a-z]*$" },
    limit: { type: "integer", minimum: 1, maximum: 10, default: 5 },
    ratio: { type: "number" },
    deep: { type: "boolean" },
    state: { enum: ["up", "down", 3] },
    list: { type: "array", maxItems: 2 },
    object: { type: "object" },
    value: {},
  },
  required: ["key"],
};

Deno.test("what the server would refuse is said beside its field", async (t) => {
  const cases: readonly (readonly [Record<string, unknown>, Record<string, string>])[] = [
    [{ key: "a" }, {}],
    [{}, { key: "Required" }],
    [{ key: "" }, { key: "Expected at least 1 characters" }],
    [{ key: "abcdef" }, { key: "Expected at most 5 characters, got 6" }],
    [{ key: "A" }, { key: "Expected text of the form ^[a-z]*$" }],
    [{ key: 1 }, { key: "Expected text, got 1" }],
    [{ key: "a", limit: 0 }, { limit: "Expected at least 1" }],
    [{ key: "a", limit: 11 }, { limit: "Expected at most 10" }],
    [{ key: "a", limit: 1.5 }, { limit: "Expected a whole number, got 1.5" }],
    [{ key: "a", limit: "x" }, { limit: 'Expected a whole number, got "x"' }],
    [{ key: "a", ratio: [] }, { ratio: "Expected a number, got a list" }],
    [{ key: "a", deep: "yes" }, { deep: 'Expected true or false, got "yes"' }],
    [{ key: "a", state: "off" }, { state: 'Expected one of "up", "down", 3' }],
    [{ key: "a", state: 3 }, {}],
    [{ key: "a", list: {} }, { list: "Expected a list, got an object" }],
    [{ key: "a", list: [1, 2, 3] }, { list: "Expected at most 2 items" }],
    [{ key: "a", object: null }, { object: "Expected an object, got null" }],
    [{ key: "a", value: null }, {}],
    [{ key: "a", other: 1 }, { other: "No such parameter" }],
    [{ key: "a", toString: 1 }, { toString: "No such parameter" }],
  ];
  for (const [args, expected] of cases) {
    await t.step(JSON.stringify(args), () => {
      assert.deepEqual(Object.fromEntries(problemsOf(tool, args)), expected);
    });
  }
});

Deno.test("what a field shows of a value is read as the same value", () => {
  const schemas: readonly ArgumentSchema[] = [{}, { type: "array" }, { type: "object" }];
  for (const schema of schemas) {
    check(property(json(), (text) => {
      const value: unknown = JSON.parse(text);
      assert.deepEqual(readField(schema, printField(schema, value)), value);
    }));
  }
  for (const text of ["a", " ", "true", "1", '"', "null", "[1]"]) {
    assert.equal(readField({ type: "string" }, printField({ type: "string" }, text)), text);
  }
  assert.equal(readField({ enum: ["up", 3] }, printField({ enum: ["up", 3] }, 3)), 3);
});

Deno.test("text that does not fit stays in the request as text", () => {
  assert.deepEqual(
    [["integer", "x"], ["integer", "7"], ["boolean", "true"], ["string", "7"], ["object", "{"], ["integer", ""]].map((
      [type = "", text = ""],
    ) => readField({ type }, text)),
    ["x", 7, true, "7", "{", undefined],
  );
});

Deno.test("every way to call a tool is read, and written again in the same way", async (t) => {
  const cases: readonly (readonly [unknown, unknown])[] = [
    [{ id: 1, method: "mcp.tools.call", params: { name: "test.tool", args: { key: "a" } } }, {
      id: 1,
      method: "mcp.tools.call",
      params: { name: "test.tool", args: { key: "b" } },
    }],
    [{ method: "mcp.tools.call", params: { arguments: { key: "a" }, name: "test.tool", _meta: 1 } }, {
      method: "mcp.tools.call",
      params: { arguments: { key: "b" }, name: "test.tool", _meta: 1 },
    }],
    [{ method: "mcp.tools.call", params: { name: "test.tool" } }, {
      method: "mcp.tools.call",
      params: { name: "test.tool", args: { key: "b" } },
    }],
    [{ method: "test.tool", params: { key: "a" } }, { method: "test.tool", params: { key: "b" } }],
    [{ method: "test.tool" }, { method: "test.tool", params: { key: "b" } }],
    [{ method: "mcp.tools.call", params: { name: "other" } }, undefined],
    [{ method: "mcp.tools.call", params: { name: "test.tool", args: [] } }, undefined],
    [[{ method: "test.tool" }], undefined],
    [{ method: "tools/list" }, undefined],
  ];
  for (const [message, expected] of cases) {
    await t.step(JSON.stringify(message), () => {
      const written = readRequest(JSON.stringify(message), [tool])?.with({ key: "b" });
      assert.deepEqual(written && JSON.parse(written), expected);
    });
  }
  assert.equal(readRequest("{", [tool]), undefined);
  assert.deepEqual(readRequest(requestFor(tool, 7), [tool])?.args, { key: "version" });
});

Deno.test("the longest list of objects in a result is its table", () => {
  const row = { metric: { job: "a" }, value: [1, "2"], deep: { a: { b: 1 } } };
  assert.deepEqual(findTable({ result: { one: [{ a: 1 }], two: [row, { up: true }], three: [1, 2, 3] } }), {
    name: "two",
    columns: ["metric.job", "value", "deep.a", "up"],
    rows: [{ "metric.job": "a", value: [1, "2"], "deep.a": { b: 1 } }, { up: true }],
  });
  assert.equal(findTable({ result: [{ a: 1 }] })?.name, "");
  for (const reply of [{ result: { list: [1] } }, { result: [] }, { error: { data: [{}] } }, null, 1]) {
    assert.equal(findTable(reply), undefined);
  }
});
