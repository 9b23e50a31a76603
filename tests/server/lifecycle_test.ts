import assert from "node:assert/strict";
import { createLifecycle } from "../../server/lifecycle.ts";

/** Whether a promise has settled by the time the microtasks have run. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  promise.finally(() => settled = true).catch(() => {});
  await new Promise((resolve) => setTimeout(resolve));
  return settled;
}

Deno.test("what is under way is counted, whether it ends well, badly or at once", async () => {
  const lifecycle = createLifecycle();
  const gate = Promise.withResolvers<string>();
  const running = lifecycle.track(() => gate.promise);
  assert.equal(lifecycle.inFlight, 1);
  await assert.rejects(lifecycle.track(() => Promise.reject(new Error("badly"))), /badly/);
  await assert.rejects(
    lifecycle.track(() => {
      throw new Error("at once");
    }),
    /at once/,
  );
  assert.equal(lifecycle.inFlight, 1);
  gate.resolve("well");
  assert.equal(await running, "well");
  assert.equal(lifecycle.inFlight, 0);
});

Deno.test("draining waits for all that is under way, and for what comes meanwhile", async () => {
  const lifecycle = createLifecycle();
  const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const;
  const [first, second, late] = gates;
  lifecycle.track(() => first.promise);
  lifecycle.track(() => second.promise);
  assert.equal(lifecycle.phase, "serving");
  const drained = lifecycle.drain();
  assert.equal(lifecycle.phase, "draining");
  first.resolve();
  lifecycle.track(() => late.promise);
  second.resolve();
  assert.equal(await isSettled(drained), false);
  late.resolve();
  await drained;
  assert.equal(lifecycle.inFlight, 0);
});

Deno.test("with nothing under way draining is done at once, and it can be asked for again", async () => {
  const lifecycle = createLifecycle();
  await lifecycle.drain();
  await lifecycle.drain();
  assert.equal(lifecycle.phase, "draining");
});

Deno.test("leaving still takes work, and nothing comes back from draining", async () => {
  const lifecycle = createLifecycle();
  assert.equal(lifecycle.phase, "serving");
  lifecycle.leave();
  assert.equal(lifecycle.phase, "leaving");
  assert.equal(await lifecycle.track(() => Promise.resolve("done")), "done");
  await lifecycle.drain();
  lifecycle.leave();
  assert.equal(lifecycle.phase, "draining");
});

Deno.test("starting takes work, and ends when all is there, well or badly; a stop that comes first stays a stop", async () => {
  for (const prepare of [() => Promise.resolve(), () => Promise.reject(new Error("badly"))]) {
    const lifecycle = createLifecycle();
    const started = lifecycle.start(prepare());
    assert.equal(lifecycle.phase, "starting");
    assert.equal(await lifecycle.track(() => Promise.resolve("done")), "done");
    await started;
    assert.equal(lifecycle.phase, "serving");
  }
  const lifecycle = createLifecycle();
  const prepared = Promise.withResolvers<void>();
  const started = lifecycle.start(prepared.promise);
  lifecycle.leave();
  prepared.resolve();
  await started;
  assert.equal(lifecycle.phase, "leaving");
});
