import assert from "node:assert/strict";
import { createLag } from "../../server/lag.ts";
import type { Lifecycle } from "../../server/lifecycle.ts";
import type { AuditState } from "../../storage/audit_log.ts";
import { manualClock } from "../contracts/manual_clock.ts";

/** A log whose state is the test's to set. */
function lagOf() {
  const audit: { state: AuditState; queued: number } = { state: "ready", queued: 0 };
  const lifecycle: { phase: Lifecycle["phase"] } = { phase: "serving" };
  const clock = manualClock();
  return { audit, lifecycle, clock, isBehind: createLag({ audit, lifecycle, clock }) };
}

Deno.test("a log is behind while more than a few writes of records wait", () => {
  const { audit, isBehind } = lagOf();
  for (const [queued, expected] of [[0, false], [2000, false], [2001, true], [9999, true], [1999, false]] as const) {
    audit.queued = queued;
    assert.equal(isBehind(), expected, `${queued}`);
  }
});

Deno.test("a log that is not ready keeps nobody waiting, nor does a server that stops", () => {
  const { audit, lifecycle, isBehind } = lagOf();
  audit.queued = 5000;
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
  audit.queued = 5000;
  assert(isBehind());
  clock.advance(4999);
  assert(isBehind());
  clock.advance(1);
  assert(!isBehind());
  audit.queued = 100;
  assert(!isBehind());
  audit.queued = 5000;
  assert(isBehind(), "it is counted anew");
});
