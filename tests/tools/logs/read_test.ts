import assert from "node:assert/strict";
import { ToolError } from "../../../tools/error.ts";
import type { ClusterCall, LogAnswer, LogRequest } from "../../../tools/k8s/cluster.ts";
import { mapConcurrently, readTail } from "../../../tools/logs/read.ts";
import { call } from "../k8s/call.ts";

const TARGET = { pod: "a", container: "main" };
const REQUEST = { namespace: "n", lines: 1000, bytesMax: 1000, previous: false };

Deno.test("a log that fits is read once", async () => {
  const log = lines(50, 10);
  const { cluster, asked } = fake(log);
  const reading = await readTail(cluster, TARGET, REQUEST, call());
  assert.deepEqual(reading, { kind: "read", text: log.join(""), lines: 1000, cut: false });
  assert.deepEqual(asked, [1000]);
});

Deno.test("a log that does not fit is read again for as many of its newest lines as do", async () => {
  const log = lines(1000, 10);
  const { cluster, asked } = fake(log);
  const reading = await readTail(cluster, TARGET, REQUEST, call());
  assert.deepEqual(asked, [1000, 90]);
  assert.deepEqual(reading, { kind: "read", text: log.slice(-90).join(""), lines: 90, cut: false });
});

Deno.test("a log whose newest lines are the long ones is read with fewer each time", async () => {
  const log = [...lines(900, 10), ...lines(100, 100)];
  const { cluster, asked } = fake(log);
  const reading = await readTail(cluster, TARGET, REQUEST, call());
  assert.deepEqual(asked, [1000, 90, 9]);
  assert.deepEqual(reading, { kind: "read", text: log.slice(-9).join(""), lines: 9, cut: false });
});

Deno.test("a log whose newest line alone does not fit is given with its end missing", async () => {
  const { cluster, asked } = fake([...lines(10, 10), ...lines(1, 5000)]);
  const reading = await readTail(cluster, TARGET, { ...REQUEST, lines: 1 }, call());
  assert.deepEqual(asked, [1]);
  assert(reading.kind === "read" && reading.cut && reading.text.length === 1000);
});

Deno.test("what one log refuses is that log's affair", async () => {
  const error = new ToolError("forbidden", "No");
  const cluster = { readLog: () => Promise.reject(error) };
  assert.deepEqual(await readTail(cluster, TARGET, REQUEST, call()), { kind: "refused", error });
  const waiting = { readLog: () => Promise.resolve({ kind: "unreadable", reason: "It waits" } as const) };
  assert.deepEqual(await readTail(waiting, TARGET, REQUEST, call()), { kind: "unreadable", reason: "It waits" });
});

Deno.test("a fault of ours is no affair of a log's", async () => {
  const cluster = { readLog: () => Promise.reject(new TypeError("A fault")) };
  await assert.rejects(readTail(cluster, TARGET, REQUEST, call()), TypeError);
});

Deno.test("a reading that is stopped gives the reason of who stopped it", async () => {
  const error = new ToolError("unavailable", "Time is up");
  const cluster = { readLog: () => new Promise<LogAnswer>(() => {}) };
  assert.deepEqual(await readTail(cluster, TARGET, REQUEST, call(AbortSignal.abort(error))), {
    kind: "refused",
    error,
  });
});

Deno.test("a log that does not come in its time is given up", async () => {
  let dropped = false;
  const readLog = (_: LogRequest, { signal }: ClusterCall) => {
    signal.addEventListener("abort", () => dropped = true);
    return new Promise<LogAnswer>(() => {});
  };
  const reading = await readTail({ readLog }, TARGET, REQUEST, call(), 20);
  assert(reading.kind === "refused");
  assert.equal(reading.error.message, "The log did not come within 20 ms");
  assert.equal(dropped, true);
});

Deno.test("work is done for every item, in order, and for no more at once than allowed", async () => {
  let running = 0;
  let most = 0;
  const results = await mapConcurrently([30, 1, 20, 2, 10, 3], 3, async (ms) => {
    most = Math.max(most, ++running);
    await new Promise((resolve) => setTimeout(resolve, ms));
    running--;
    return ms * 2;
  });
  assert.deepEqual(results, [60, 2, 40, 4, 20, 6]);
  assert.equal(most, 3);
  assert.deepEqual(await mapConcurrently([], 3, () => Promise.resolve(1)), []);
});

/** A log of which the newest lines are asked for, and whose bytes end at the bound. */
function fake(log: readonly string[]) {
  const asked: number[] = [];
  const readLog = (request: LogRequest) => {
    asked.push(request.lines);
    const text = log.slice(-request.lines).join("");
    const cut = text.length >= request.bytesMax;
    return Promise.resolve({ kind: "read", text: text.slice(0, request.bytesMax), cut } as const);
  };
  return { asked, cluster: { readLog } };
}

/** Lines of so many bytes, line ends included. */
function lines(count: number, bytes: number): string[] {
  return Array.from({ length: count }, () => `${"x".repeat(bytes - 1)}\n`);
}
