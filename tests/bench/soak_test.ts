import assert from "node:assert/strict";
import type { Sample } from "../../bench/soak/sample.ts";
import { judgeSoak } from "../../bench/soak/verdict.ts";
import { joinWindows, rowOf } from "../../bench/soak/windows.ts";

const RAN = { calls: 1000, errors: 0, p50Ms: 5, p99Ms: 50, stallMaxMs: 50 };
const SAMPLE: Sample = {
  ...{ residentMiB: 250, heapMiB: 60, descriptors: 80, queued: 40, spooled: 0, inFlight: 50, turnedAway: 1 },
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
    ["a stall", { stallMaxMs: 51 }, run(), "Longest stall of the event loop"],
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
    { tookMs: [1, 2], errors: 1, samples: [{ ...SAMPLE, heapMiB: 90, queued: 7 }] },
    { tookMs: [3], errors: 0, samples: [SAMPLE, SAMPLE] },
  ];
  const { at, calls, errors, p50Ms, maxMs, heapLeastMiB, queuedMost } = rowOf("0–3", joinWindows(windows));
  assert.deepEqual([at, calls, errors, p50Ms, maxMs, heapLeastMiB, queuedMost], ["0–3", 3, 1, 2, 3, 60, 40]);
});
