import assert from "node:assert/strict";
import { findRegressions } from "../../bench/gate/verdict.ts";
import baseline from "../../bench/baseline.json" with { type: "json" };

Deno.test("the gate lets a ratio fall by a fifth, and no further; what is measured without a baseline, or not at all, fails", () => {
  const namesOf = (before: Record<string, number>, after: Record<string, number>) =>
    findRegressions(before, after).map(({ name }) => name);
  assert.deepEqual(namesOf({ a: 0.5, b: 0.5, c: 0.5 }, { a: 0.41, b: 0.39, c: 2 }), ["b"]);
  assert.deepEqual(namesOf({ gone: 0.5 }, { new: 0.5 }), ["gone", "new"]);
  assert.deepEqual(namesOf({ odd: 0.5 }, { odd: NaN }), ["odd"]);
});

Deno.test("the gate's baseline has ratios of the house dialect, of the official one, and of the full promise", () => {
  const names = Object.keys(baseline);
  for (const part of ["WebSocket", "HTTP", "tools/call", "tools/list", "no stores", "Redis + Postgres"]) {
    assert(names.some((name) => name.includes(part)), part);
  }
  // A server that does something costs more than an echo.
  for (const [name, ratio] of Object.entries<number>(baseline)) assert(ratio > 0 && ratio < 1, `${name}: ${ratio}`);
});
