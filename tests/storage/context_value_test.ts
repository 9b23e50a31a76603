import assert from "node:assert/strict";
import fc from "fast-check";
import { decodeContextValue, encodeContextValue } from "../../storage/context_value.ts";
import { awkwardValues, jsonValue } from "../contracts/json_values.ts";

const stored: readonly [unknown, string][] = [
  ["1.0.0", "1.0.0"],
  ["alice", "alice"],
  ["", ""],
  ["{", "{"],
  ["1", '"1"'],
  [" 1", '" 1"'],
  ["null", '"null"'],
  ['"quoted"', '"\\"quoted\\""'],
  ["\ud800", '"\\ud800"'],
  [1, "1"],
  [-0, "0"],
  [null, "null"],
  [{ a: ["b"] }, '{"a":["b"]}'],
];

for (const [value, text] of stored) {
  Deno.test(`context value ${JSON.stringify(value)} is stored as ${text || "nothing"}`, () => {
    assert.equal(encodeContextValue(value as Parameters<typeof encodeContextValue>[0]), text);
  });
}

Deno.test("any context value is decoded as it was encoded, and its stored form is well-formed", () => {
  const check = (value: (typeof awkwardValues)[number]) => {
    const text = encodeContextValue(value);
    assert.ok(text.isWellFormed());
    assert.equal(JSON.stringify(decodeContextValue(text)), JSON.stringify(value));
  };
  awkwardValues.forEach(check);
  fc.assert(fc.property(jsonValue, check), { numRuns: 2_000 });
});
