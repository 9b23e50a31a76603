import assert from "node:assert/strict";
import { createLag } from "../../server/lag.ts";
import type { Lifecycle } from "../../server/lifecycle.ts";
import type { AuditState } from "../../storage/audit_log.ts";
import { manualClock } from "../contracts/manual_clock.ts";

/** A log whose state is the test's to set. */
function lagOf() {
  const audit: { state: AuditState; unanswered: number } = { state: "ready", unanswered: 0 };
  const lifecycle: { phase: Lifecycle["phase"] } = { phase: "serving" };
  const clock = manualClock();
  return { audit, lifecycle, clock, isBehind: createLag({ audit, lifecycle, clock }) };
}

Deno.test("a log is behind while more than two writes of records wait", () => {
  const { audit, isBehind } = lagOf();
  for (const [records, expected] of [[0, false], [1000, false], [1001, true], [9999, true], [999, false]] as const) {
    audit.unanswered = records;
    assert.equal(isBehind(), expected, `${records}`);
  }
});

Deno.test("a log that is not ready keeps nobody waiting, nor does a server that stops", () => {
  const { audit, lifecycle, isBehind } = lagOf();
  audit.unanswered = 5000;
  for (const state of ["away", "full", "spooling"] as const) {
    audit.state = state;
    assert(!isBehind(), state);
  }
  audit.state = "ready";
  assert(isBehind());
  lifecycle.phase = "draining";
  assert(!isBehind());
});

Deno.test("a log that stays behind keeps nobody waiting after 5 s, until it has caught up once", () => {
  const { audit, clock, isBehind } = lagOf();
  audit.unanswered = 5000;
  assert(isBehind());
  clock.advance(4999);
  assert(isBehind());
  clock.advance(1);
  assert(!isBehind());
  audit.unanswered = 100;
  assert(!isBehind());
  audit.unanswered = 5000;
  assert(isBehind(), "it is counted anew");
});
