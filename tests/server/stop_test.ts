import assert from "node:assert/strict";
import { createLifecycle } from "../../server/lifecycle.ts";
import { createLog } from "../../server/log.ts";
import { stop, type StopOptions } from "../../server/stop.ts";

/** A stop whose every step is told in `events`. */
function stage(more: Partial<StopOptions> = {}) {
  const events: string[] = [];
  const lines: string[] = [];
  const tell = (event: string) => () => {
    events.push(event);
    return Promise.resolve();
  };
  const lifecycle = createLifecycle();
  const options: StopOptions = {
    lifecycle,
    sockets: { size: 2, closeIdle: tell("idle sockets closed"), closeAll: tell("sockets closed") },
    streams: { [Symbol.asyncDispose]: tell("streams ended") },
    listener: { shutdown: tell("listener shut down") },
    resources: { [Symbol.asyncDispose]: tell("stores closed") },
    delayMs: 0,
    drainMs: 20_000,
    log: createLog({ level: "info", format: "text", write: (line) => lines.push(line), now: Date.now }),
    ...more,
  };
  return { events, lines, lifecycle, options };
}

const never = () => new Promise<void>(() => {});

Deno.test("a stop lets running calls end, then closes the sockets, the listener and the stores, in this order", async () => {
  const { events, lines, lifecycle, options } = stage();
  const gate = Promise.withResolvers<void>();
  lifecycle.track(async () => {
    await gate.promise;
    events.push("call ended");
  });
  const stopped = stop(options);
  assert.equal(lifecycle.phase, "draining", "nothing new is taken");
  assert.deepEqual(events, ["idle sockets closed"]);
  gate.resolve();
  assert.equal(await stopped, true);
  assert.deepEqual(events.slice(1), [
    "call ended",
    "sockets closed",
    "streams ended",
    "listener shut down",
    "stores closed",
  ]);
  assert.deepEqual(lines, ["INFO: Stopping: 1 calls in flight, 2 connections", "INFO: Stopped"]);
});

Deno.test("with a delay the server first says that it leaves, and takes calls meanwhile; the deadline counts after it", async () => {
  const { events, lines, lifecycle, options } = stage({ delayMs: 60, drainMs: 30 });
  const stopped = stop(options);
  assert.equal(lifecycle.phase, "leaving");
  assert.deepEqual(events, []);
  assert.equal(await lifecycle.track(() => Promise.resolve("taken")), "taken");
  assert.equal(await stopped, true);
  assert.equal(lifecycle.phase, "draining");
  assert.deepEqual(lines, [
    "INFO: Leaving: calls are taken for another 60 ms",
    "INFO: Stopping: 0 calls in flight, 2 connections",
    "INFO: Stopped",
  ]);
});

Deno.test("a call that does not end is left behind in time to close and flush the rest, and the stop is not in order", async () => {
  const { events, lines, lifecycle, options } = stage({ drainMs: 300 });
  lifecycle.track(never);
  assert.equal(await stop(options), false);
  assert.deepEqual(events.slice(1), ["sockets closed", "streams ended", "listener shut down", "stores closed"]);
  assert.deepEqual(lines.slice(1), [
    "ERROR: 1 calls did not end within 200 ms and are left behind",
    "INFO: Stopped",
  ]);
});

Deno.test("the deadline holds for what comes after the calls too, and the log says so", async () => {
  const { events, lines, lifecycle, options } = stage({
    drainMs: 30,
    resources: { [Symbol.asyncDispose]: never },
  });
  lifecycle.track(never);
  assert.equal(await stop(options), false);
  assert.deepEqual(events.slice(1), ["sockets closed", "streams ended", "listener shut down"]);
  assert.equal(lines.at(-1), "ERROR: Stopped after 30 ms with 1 calls still in flight");
});

Deno.test("stores that do not close are left behind at the deadline", async () => {
  const { events, options } = stage({ drainMs: 1, resources: { [Symbol.asyncDispose]: never } });
  assert.equal(await stop(options), false);
  assert.deepEqual(events.slice(1), ["sockets closed", "streams ended", "listener shut down"]);
});

Deno.test("a request that stalls does not keep the stores from being flushed and closed", async () => {
  const { events, lines, options } = stage({ listener: { shutdown: never } });
  assert.equal(await stop(options), true);
  assert.deepEqual(events.slice(1), ["sockets closed", "streams ended", "stores closed"]);
  assert.equal(lines.at(-1), "INFO: Stopped");
});

Deno.test("a step that fails is logged, and the stop is not in order", async () => {
  const failing = { [Symbol.asyncDispose]: () => Promise.reject(new Error("The flush failed")) };
  const { lines, options } = stage({ resources: failing });
  assert.equal(await stop(options), false);
  assert.match(lines.at(-1) ?? "", /^ERROR: The stop failed error="Error: The flush failed/);
});
