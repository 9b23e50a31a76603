import assert from "node:assert/strict";
import fc from "fast-check";
import { ToolError } from "../../../tools/error.ts";
import { checkSyntax } from "../../../tools/prom/syntax.ts";
import { INVALID, LEFT_TO_PROMETHEUS, VALID, VALID_LATER } from "./queries.ts";

const title = (query: string) => JSON.stringify(query.length <= 80 ? query : `${query.slice(0, 80)}…`);

Deno.test("correct PromQL passes, of Prometheus 2.42 and of later ones", async (t) => {
  for (const query of [...VALID, ...VALID_LATER]) await t.step(title(query), () => checkSyntax(query));
});

Deno.test("a syntax error is refused with its line, its column and what stands there", async (t) => {
  for (const [query, near, line, column] of INVALID) {
    await t.step(title(query), () => {
      assert.throws(() => checkSyntax(query), (error) => {
        assert(error instanceof ToolError);
        assert.equal(error.kind, "invalid_params");
        assert.deepEqual(error.data, { line, column, near });
        const what = near ? JSON.stringify(near) : "end of query";
        assert.equal(error.message, `Cannot parse the query: unexpected ${what} at line ${line}, column ${column}`);
        assert.match(
          error.hint ?? "",
          near ? /^Correct the PromQL at or just before "/ : /^Complete the PromQL: close/,
        );
        return true;
      });
    });
  }
});

Deno.test("of a query that holds a secret no piece is shown, which alone would have no looks", () => {
  assert.throws(() => checkSyntax("password:1566140702 by"), (error) => {
    assert(error instanceof ToolError);
    assert(!JSON.stringify([error.message, error.hint, error.data]).includes("1566140702"), error.message);
    assert.match(error.message, /unexpected "\[REDACTED\]" at line 1, column \d+$/);
    return true;
  });
});

Deno.test("what Prometheus can judge better passes", async (t) => {
  for (const query of LEFT_TO_PROMETHEUS) await t.step(title(query), () => checkSyntax(query));
});

Deno.test("any text passes or is refused as invalid, at a place within it", () => {
  const piece = fc.constantFrom(
    "up",
    "sum",
    "(",
    ")",
    "{",
    "}",
    "[",
    "]",
    '"',
    "'",
    "`",
    "5m",
    " by ",
    "\n",
    "#",
    "=~",
    "@",
  );
  const text = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.array(piece, { maxLength: 60 }).map((parts) => parts.join("")),
  );
  fc.assert(fc.property(text, (query) => {
    try {
      checkSyntax(query);
    } catch (error) {
      assert(error instanceof ToolError && error.kind === "invalid_params", String(error));
      const line = query.split("\n")[Number(error.data["line"]) - 1];
      assert(line !== undefined);
      assert(Number(error.data["column"]) >= 1 && Number(error.data["column"]) <= Array.from(line).length + 1);
    }
  }));
});

Deno.test("hostile text of the greatest length is judged quickly", () => {
  for (const piece of ["(", "{", "[", '"', "'", "sum(", "a by ", "1+", "-", "@", "1d", "on(", 'a{b="', "sum by(a)("]) {
    const startedMs = performance.now();
    try {
      checkSyntax(piece.repeat(4_096).slice(0, 2_000));
    } catch { /* Refused is as good as passed here. */ }
    // Some 20 ms on a slow machine; the tolerant parser takes ten times as long.
    assert(performance.now() - startedMs < 500, piece);
  }
});
