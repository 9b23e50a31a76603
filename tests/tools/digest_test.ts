import assert from "node:assert/strict";
import fc from "fast-check";
import { digestOf } from "../../tools/digest.ts";

Deno.test("a digest does not hang on the order of members, at any depth", () => {
  assert.equal(digestOf({ a: 1, b: { c: [1, 2], d: null } }), digestOf({ b: { d: null, c: [1, 2] }, a: 1 }));
});

Deno.test("a digest tells any two values apart that JSON does", () => {
  fc.assert(fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
    fc.pre(JSON.stringify(sorted(a)) !== JSON.stringify(sorted(b)));
    assert.notEqual(digestOf(a), digestOf(b));
  }));
});

Deno.test("a digest is 32 hex digits", () => assert.match(digestOf({ x: [1, "é"] }), /^[0-9a-f]{32}$/));

Deno.test("the order of a list counts", () => assert.notEqual(digestOf([1, 2]), digestOf([2, 1])));

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.entries(value).map(([name, member]) => [name, sorted(member)]).sort();
}
