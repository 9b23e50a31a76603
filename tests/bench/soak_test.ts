import assert from "node:assert/strict";
import type { Sample } from "../../bench/soak/sample.ts";
import { judgeSoak } from "../../bench/soak/verdict.ts";
import { figuresOf, joinWindows, type Window } from "../../bench/soak/windows.ts";
import { longestOf, ownStalls, printStall, type Stall, stallsIn } from "../../bench/whole/stall.ts";

const CORES = 2;
const SAMPLE: Sample = {
  at: 0,
  ...{ residentMiB: 250, heapMiB: 60, descriptors: 80, queued: 40, spooled: 0, inFlight: 50, turnedAway: 1, stolen: 2 },
};
/** A hundred calls of which the middle took 5 ms and the slowest two 50. */
const TOOK_MS = [...Array<number>(98).fill(5), 50, 50];
const STALLS: readonly Stall[] = [{ ms: 50, withoutCoreMs: 9, stolenMs: 0 }, {
  ms: 70,
  withoutCoreMs: 0,
  stolenMs: 10,
}];

/** Three stretches of three samples. @param last what differs in the last one */
function run(last: Partial<Sample> = {}, middle: Partial<Sample> = {}, differing: Partial<Window> = {}) {
  const thirds = [{ residentMiB: 100, heapMiB: 20 }, middle, last].map((own) => ({ ...SAMPLE, ...own }));
  return thirds.map((sample, third): Window => ({
    ...{ tookMs: TOOK_MS, errors: 0, stalls: STALLS, samples: Array<Sample>(3).fill(sample) },
    ...(third === 1 && differing),
  }));
}

/** @returns what was found wrong, in its first words */
function missed(windows: readonly Window[]): readonly string[] {
  const { calls, errors, p50Ms, p99Ms, longestStall } = figuresOf(joinWindows(windows));
  const found = judgeSoak({ calls, errors, p50Ms, p99Ms, longestStall }, windows, CORES);
  return found.filter(({ isMet }) => !isMet).map(({ what }) => what.split(/[:,]/)[0] ?? "");
}

const SLOW = { tookMs: [...Array<number>(90).fill(5), ...Array<number>(10).fill(51)] };
const STALL = { stalls: [{ ms: 51, withoutCoreMs: 51, stolenMs: 9 }] };
const FAILURES: readonly (readonly [what: string, windows: readonly Window[], missed: string])[] = [
  ["one error", run({}, {}, { errors: 1 }), "Errors"],
  ["a p99 that is too far from the middle", run({}, {}, SLOW), "p99 to p50"],
  ["a stall that the host had no part in", run({}, {}, STALL), "Longest stall of the event loop"],
  ["memory that grows", run({ residentMiB: 267 }), "Resident memory"],
  ["a heap of which more is left each time", run({ heapMiB: 69 }), "Least of the heap"],
  ["descriptors that stay open", run({ descriptors: 83 }), "Open descriptors"],
  ["a queue that grows", run({ queued: 541 }), "Audit records that wait"],
  ["a record in the spool", run({ spooled: 1 }), "Audit records in the spool"],
];
for (const [what, windows, expected] of FAILURES) {
  Deno.test(`the verdict on a long run finds ${what}`, () => assert.deepEqual(missed(windows), [expected]));
}

Deno.test("the verdict on a long run lets the first third grow, a heap be full of garbage, and what is within its bounds", () => {
  const [first, middle, last] = run({ residentMiB: 266, heapMiB: 68, descriptors: 82, queued: 540 });
  assert(first && middle && last);
  const littered = last.samples.map((sample, i) => i === 1 ? { ...sample, heapMiB: 500 } : sample);
  assert.deepEqual(missed([first, middle, { ...last, samples: littered }]), []);
  // A twentieth of much is more than what little may grow by.
  assert.deepEqual(missed(run({ residentMiB: 1050 }, { residentMiB: 1000 })), []);
});

Deno.test("the verdict on a long run leaves out the calls of when the host kept much, and of the ten seconds after", () => {
  const kept = (seconds: number) => ({
    ...{ tookMs: TOOK_MS, errors: 1, stalls: [{ ms: 200, withoutCoreMs: 0, stolenMs: 0 }] },
    samples: [SAMPLE, { ...SAMPLE, at: 1 }, { ...SAMPLE, at: 2, stolen: SAMPLE.stolen + seconds }],
  });
  const [, calm] = run();
  assert(calm);
  const erring = { ...calm, errors: 1 };
  // A fifth of two cores for a second.
  assert.deepEqual(missed([kept(0.4), calm, calm]), ["Errors", "Longest stall of the event loop"]);
  assert.deepEqual(missed([kept(0.41), erring, calm]), []);
  assert.deepEqual(missed([kept(0.41), calm, erring]), ["Errors"]);
  assert.throws(() => missed([kept(1), kept(1)]), /Expected stretches in which the host left enough/);
});

Deno.test("a stretch of a run is told by its calls and by what was seen in it", () => {
  const windows = [
    { tookMs: [1, 2], errors: 1, samples: [{ ...SAMPLE, heapMiB: 90, queued: 7 }], stalls: [] },
    {
      tookMs: [3],
      errors: 0,
      samples: [SAMPLE, { ...SAMPLE, stolen: 5 }],
      stalls: [{ ms: 12, withoutCoreMs: 1, stolenMs: 0 }],
    },
  ];
  const row = figuresOf(joinWindows(windows));
  assert.deepEqual(
    [row.calls, row.errors, row.p50Ms, row.maxMs, row.heapLeastMiB, row.queuedMost],
    [3, 1, 2, 3, 60, 40],
  );
  assert.deepEqual([row.longestStall.ms, row.stolen], [12, 3]);
});

Deno.test("what a watched server prints of its stalls is read, and the longest is told, also of its own", () => {
  const printed = (ms: number, stolenMs: number) =>
    `The event loop stood still for ${ms.toFixed(1)} ms, without a core 3.2, host kept ${stolenMs.toFixed(1)}\n`;
  const stalls = stallsIn([printed(20, 0), printed(61.5, 10), printed(33, 0)].join("INFO: Something else\n"));
  assert.deepEqual(stalls[1], { ms: 61.5, withoutCoreMs: 3.2, stolenMs: 10 });
  assert.deepEqual([longestOf(stalls).ms, longestOf(ownStalls(stalls)).ms], [61.5, 33]);
  assert.equal(printStall(longestOf(stalls)), "62 ms, 3 of them without a core");
  assert.equal(printStall(longestOf([])), "< 10 ms");
});
