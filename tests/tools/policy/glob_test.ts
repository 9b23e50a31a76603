import assert from "node:assert/strict";
import fc from "fast-check";
import { compileGlob, compileGlobs } from "../../../tools/policy/glob.ts";

const CASES: readonly (readonly [glob: string, fits: readonly string[], others: readonly string[]])[] = [
  ["*", ["", "a", "ctx.get", "a\nb"], []],
  ["ctx.get", ["ctx.get"], ["ctx_get", "ctxaget", "CTX.get", "ctx.get ", " ctx.get", "ctx.ge", "ctx.gett", ""]],
  ["ctx.*", ["ctx.", "ctx.get", "ctx.a.b"], ["ctx", "xctx.get", "Ctx.get"]],
  ["*.get", [".get", "ctx.get"], ["get", "ctx.get2"]],
  ["a*a", ["aa", "aba", "aaa"], ["a", "ab", ""]],
  ["*ab*ab*", ["abab", "xabyabz"], ["ab", "aab", "abb"]],
  ["a**b", ["ab", "axb"], ["a"]],
  ["a*bc*c", ["abcc", "a-bc-c"], ["abc"]],
  ["[ab]?", ["[ab]?"], ["a1", "b"]],
  ["(a|b)+$", ["(a|b)+$"], ["a"]],
  ["", [""], ["a"]],
];

for (const [glob, fits, others] of CASES) {
  Deno.test(`the glob ${JSON.stringify(glob)} fits what it should, and nothing else`, () => {
    const isMeant = compileGlob(glob);
    for (const name of fits) assert(isMeant(name), name);
    for (const name of others) assert(!isMeant(name), name);
  });
}

Deno.test("of several globs one must fit, of none none does", () => {
  const isMeant = compileGlobs(["ctx.*", "k8s.list_pods"]);
  assert.deepEqual(["ctx.get", "k8s.list_pods", "k8s.restart"].map(isMeant), [true, true, false]);
  assert.equal(compileGlobs([])("anything"), false);
});

Deno.test("a glob fits exactly what the regular expression of the same meaning does", () => {
  // Few letters, so that they meet; and those that mean something to regular expressions.
  const letters = fc.string({ unit: fc.constantFrom("a", "b", ".", "*", "$", "\\", "\n", "é"), maxLength: 8 });
  fc.assert(
    fc.property(letters, letters, (glob, name) => {
      const source = glob.split("*").map((part) => RegExp.escape(part)).join("[^]*");
      assert.equal(compileGlob(glob)(name), new RegExp(`^${source}$`).test(name));
    }),
    { numRuns: 20_000 },
  );
});

Deno.test("a glob made to be slow is not", () => {
  const isMeant = compileGlob("a*".repeat(5000) + "b");
  const start = performance.now();
  assert.equal(isMeant("a".repeat(100_000)), false);
  assert.equal(isMeant("a".repeat(4999) + "c".repeat(100_000) + "b"), false);
  assert.ok(performance.now() - start < 1000);
});
