import assert from "node:assert/strict";
import { compileConstraint } from "../../../tools/policy/constraint.ts";
import { type CompilePattern, loadPatterns } from "../../../tools/policy/pattern.ts";
import type { ConstraintDocument } from "../../../tools/policy/schema.ts";

const compilePattern: CompilePattern = await loadPatterns();

interface Case {
  readonly expected: string;
  readonly holds: readonly unknown[];
  readonly breaks: readonly unknown[];
}

const CASES: readonly (readonly [ConstraintDocument, Case])[] = [
  [{ oneOf: ["a", 1, true, null] }, {
    expected: 'one of "a", 1, true, null',
    holds: ["a", 1, true, null],
    breaks: ["A", "1", 2, false, undefined, ["a"], {}],
  }],
  [{ oneOf: ["a", "b", "c", "d", "e", "f", "g"] }, {
    expected: 'one of "a", "b", "c", "d", "e" and 2 more',
    holds: ["a", "g"],
    breaks: ["h"],
  }],
  [{ glob: ["deploy-*", "x"] }, {
    expected: 'text such as "deploy-*", "x"',
    holds: ["deploy-", "deploy-1", "x"],
    breaks: ["Deploy-1", " deploy-1", "xx", "", undefined, null, 1, ["x"], { toString: () => "x" }],
  }],
  [{ pattern: "a|ab" }, {
    expected: "text that matches a|ab",
    holds: ["a", "ab"],
    breaks: ["", "abc", "ba", "a\n", "a\nb", "A", undefined, ["a"]],
  }],
  [{ pattern: "^a$" }, { expected: "text that matches ^a$", holds: ["a"], breaks: ["a\n", "\na", "aa"] }],
  [{ pattern: "(?m)^a$" }, { expected: "text that matches (?m)^a$", holds: ["a"], breaks: ["a\nb", "b\na"] }],
  [{ pattern: "(?i)up|DOWN" }, {
    expected: "text that matches (?i)up|DOWN",
    holds: ["UP", "down"],
    breaks: ["up and down"],
  }],
  [{ min: 1 }, {
    expected: "at least 1",
    holds: [1, 1.5, 1e9, Infinity],
    breaks: [0, -1, "5", null, undefined, NaN, true],
  }],
  [{ min: 1, max: 3 }, {
    expected: "at least 1 and at most 3",
    holds: [1, 3],
    breaks: [0.9, 3.1, "2", undefined, [2]],
  }],
  [{ maxLength: 3 }, {
    expected: "text of at most 3 characters",
    holds: ["", "abc"],
    breaks: ["abcd", 5, ["a"], { length: 1 }, undefined, null],
  }],
  [{ glob: ["a*"], maxLength: 2 }, {
    expected: 'text such as "a*" and text of at most 2 characters',
    holds: ["a", "ab"],
    breaks: ["abc", "b"],
  }],
  [{ absent: true }, { expected: "left out", holds: [undefined], breaks: [null, "", 0, false, {}, "a"] }],
  [{ absent: true, max: 5 }, { expected: "left out or at most 5", holds: [undefined, 5], breaks: [6, "a", null] }],
  [{ absent: false }, { expected: "given", holds: [null, "", 0], breaks: [undefined] }],
];

for (const [document, { expected, holds, breaks }] of CASES) {
  Deno.test(`the constraint ${JSON.stringify(document)} is ${expected}, and nothing else`, () => {
    const constraint = compileConstraint(document, compilePattern);
    assert.equal(constraint.expected, expected);
    for (const value of holds) assert(constraint.holds(value), Deno.inspect(value));
    for (const value of breaks) assert(!constraint.holds(value), Deno.inspect(value));
  });
}

Deno.test("a text that is too long for a pattern does not match it, and costs no time", () => {
  const constraint = compileConstraint({ pattern: "(a*)*b?" }, compilePattern);
  assert(constraint.holds("a".repeat(10_000)));
  const start = performance.now();
  assert(!constraint.holds("a".repeat(10_000_000)));
  assert.ok(performance.now() - start < 100);
});

Deno.test("a pattern made to be slow takes time in proportion to the text", () => {
  const constraint = compileConstraint({ pattern: "(a|a)*(a|aa)*(a*)*c" }, compilePattern);
  const start = performance.now();
  assert(!constraint.holds("a".repeat(20_000)));
  assert.ok(performance.now() - start < 2000);
});
