import assert from "node:assert/strict";
import { SingleFlight } from "../../tools/single_flight.ts";

Deno.test("one load answers all who wait for a key, and none of another", async () => {
  const flights = new SingleFlight<string>();
  const held = Promise.withResolvers<string>();
  let loads = 0;
  const load = () => (loads++, held.promise);
  const signal = new AbortController().signal;
  const waiting = [flights.run("a", signal, load), flights.run("a", signal, load), flights.run("b", signal, load)];
  held.resolve("answer");
  assert.deepEqual(await Promise.all(waiting), ["answer", "answer", "answer"]);
  assert.equal(loads, 2);
  assert.equal(await flights.run("a", signal, () => Promise.resolve("anew")), "anew");
});

Deno.test("a load goes on while somebody waits, and is stopped when nobody does", async () => {
  const flights = new SingleFlight<string>();
  const [first, second] = [new AbortController(), new AbortController()];
  let stopped: AbortSignal | undefined;
  const held = Promise.withResolvers<string>();
  const load = (signal: AbortSignal) => (stopped = signal, held.promise);
  const leaving = assert.rejects(flights.run("a", first.signal, load), /first/);
  const staying = assert.rejects(flights.run("a", second.signal, load), /second/);
  first.abort(new Error("first"));
  await leaving;
  assert.equal(stopped?.aborted, false);
  second.abort(new Error("second"));
  await staying;
  assert.equal(stopped?.aborted, true);
  // What was given up is nobody's any more: the next asks anew.
  assert.equal(await flights.run("a", new AbortController().signal, () => Promise.resolve("anew")), "anew");
  held.reject(new Error("too late")); // Nobody hears of it.
});

Deno.test("a failure is that of all who wait, and is not kept", async () => {
  const flights = new SingleFlight<string>();
  const signal = new AbortController().signal;
  const fail = () => Promise.reject(new Error("no"));
  const waiting = [flights.run("a", signal, fail), flights.run("a", signal, fail)];
  for (const one of waiting) await assert.rejects(one, /no/);
  assert.equal(await flights.run("a", signal, () => Promise.resolve("yes")), "yes");
  await assert.rejects(flights.run("a", AbortSignal.abort(new Error("gone")), fail), /gone/);
});
