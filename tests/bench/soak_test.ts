import assert from "node:assert/strict";
import type { Sample } from "../../bench/soak/sample.ts";
import { judgeSoak } from "../../bench/soak/verdict.ts";
import { joinWindows, rowOf } from "../../bench/soak/windows.ts";
import { longestOf, printStall, stallsIn } from "../../bench/whole/stall.ts";

const RAN = { calls: 1000, errors: 0, p50Ms: 5, p99Ms: 50, longestStall: { ms: 50, withoutCoreMs: 9 } };
const SAMPLE: Sample = {
  ...{ residentMiB: 250, heapMiB: 60, descriptors: 80, queued: 40, spooled: 0, inFlight: 50, turnedAway: 1, stolen: 2 },
};
/** Three samples a third of a run. @param last what differs in the last one */
const run = (last: Partial<Sample> = {}, middle: Partial<Sample> = {}): readonly Sample[] => [
  ...Array<Sample>(3).fill({ ...SAMPLE, residentMiB: 100, heapMiB: 20 }),
  ...Array<Sample>(3).fill({ ...SAMPLE, ...middle }),
  ...Array<Sample>(3).fill({ ...SAMPLE, ...last }),
];

const FAILURES:
  readonly (readonly [what: string, ran: Partial<typeof RAN>, samples: readonly Sample[], missed: string])[] = [
    ["one error", { errors: 1 }, run(), "Errors of 1000 calls"],
    ["a p99 that is too far from the middle", { p99Ms: 50.1 }, run(), "p99 to p50"],
    ["a stall", { longestStall: { ms: 51, withoutCoreMs: 9 } }, run(), "Longest stall of the event loop"],
    ["memory that grows", {}, run({ residentMiB: 267 }), "Resident memory"],
    ["a heap of which more is left each time", {}, run({ heapMiB: 69 }), "Least of the heap"],
    ["descriptors that stay open", {}, run({ descriptors: 83 }), "Open descriptors"],
    ["a queue that grows", {}, run({ queued: 541 }), "Audit records that wait"],
    ["a record in the spool", {}, run({ spooled: 1 }), "Audit records in the spool"],
  ];
for (const [what, ran, samples, missed] of FAILURES) {
  Deno.test(`the verdict on a long run finds ${what}`, () => {
    const found = judgeSoak({ ...RAN, ...ran }, samples).filter(({ isMet }) => !isMet);
    assert.deepEqual(found.map(({ what }) => what.split(":")[0]?.split(",")[0]), [missed]);
  });
}

Deno.test("the verdict on a long run lets the first third grow, a heap be full of garbage, and what is within its bounds", () => {
  const samples = run({ residentMiB: 266, heapMiB: 68, descriptors: 82, queued: 540 });
  const littered = samples.map((sample, i) => i === 7 ? { ...sample, heapMiB: 500 } : sample);
  assert.deepEqual(judgeSoak(RAN, littered).filter(({ isMet }) => !isMet), []);
  // A twentieth of much is more than what little may grow by.
  assert(judgeSoak(RAN, run({ residentMiB: 1050 }, { residentMiB: 1000 })).every(({ isMet }) => isMet));
  assert.throws(() => judgeSoak(RAN, run().slice(0, 2)), /Expected at least 3 samples/);
});

Deno.test("a stretch of a run is told by its calls and by what was seen in it", () => {
  const windows = [
    { tookMs: [1, 2], errors: 1, samples: [{ ...SAMPLE, heapMiB: 90, queued: 7 }], stalls: [] },
    { tookMs: [3], errors: 0, samples: [SAMPLE, { ...SAMPLE, stolen: 5 }], stalls: [{ ms: 12, withoutCoreMs: 1 }] },
  ];
  const row = rowOf("0–3", joinWindows(windows));
  assert.deepEqual(
    [row.at, row.calls, row.errors, row.p50Ms, row.maxMs, row.heapLeastMiB, row.queuedMost],
    ["0–3", 3, 1, 2, 3, 60, 40],
  );
  assert.deepEqual([row.longestStallMs, row.stolen], [12, 3]);
});

Deno.test("what a watched server prints of its stalls is read, and the longest is told", () => {
  const output = ["20", "61.5"].map((ms) =>
    `The event loop stood still for ${ms} ms, without a core for 3.2 ms of them\n`
  );
  const stalls = stallsIn(output.join("INFO: Something else\n"));
  assert.deepEqual(stalls.map(({ ms }) => ms), [20, 61.5]);
  assert.equal(printStall(longestOf(stalls)), "62 ms, 3 of them without a core");
  assert.equal(printStall(longestOf([])), "< 10 ms");
});
