import assert from "node:assert/strict";
import { type Deadline, Deadlines } from "../../storage/deadlines.ts";

Deno.test("deadlines pass in their order, one timer for all, and not where they were ended", async () => {
  const deadlines = new Deadlines(20);
  const passed: string[] = [];
  const { promise: last, resolve } = Promise.withResolvers<void>();
  const startedMs = performance.now();
  deadlines.begin(() => passed.push("first"));
  const ended = deadlines.begin(() => passed.push("ended"));
  const { promise: later, resolve: wake } = Promise.withResolvers<void>();
  setTimeout(wake, 10);
  await later;
  const lateMs = performance.now();
  deadlines.begin(() => {
    passed.push("last");
    resolve();
  });
  deadlines.end(ended);
  await last;
  assert.deepEqual(passed, ["first", "last"]);
  assert(performance.now() - startedMs >= 20);
  assert(performance.now() - lateMs >= 19, "a later one has its own time");
});

Deno.test("deadlines that have all ended leave no timer, and what passes may begin another", async () => {
  const none = new Deadlines(60_000);
  const two: Deadline[] = [none.begin(() => {}), none.begin(() => {})];
  await new Promise((resolve) => setImmediate(resolve));
  two.forEach((deadline) => none.end(deadline));

  const chain = new Deadlines(1);
  const { promise, resolve } = Promise.withResolvers<void>();
  chain.begin(() => void chain.begin(resolve));
  await promise;
});

Deno.test("what ends in the turn in which it began needs no timer", async () => {
  const made: unknown[] = [];
  const { setTimeout } = globalThis;
  using _restored = { [Symbol.dispose]: () => Object.assign(globalThis, { setTimeout }) };
  Object.assign(globalThis, { setTimeout: (...args: unknown[]) => made.push(args) });
  const deadlines = new Deadlines(60_000);
  for (let call = 0; call < 3; call++) deadlines.end(deadlines.begin(() => {}));
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(made, []);
  deadlines.begin(() => {});
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(made.length, 1);
});

Deno.test("what passes may begin another while others wait, which are not late for it", async () => {
  const deadlines = new Deadlines(200);
  const passed: string[] = [];
  const all = Promise.withResolvers<void>();
  const startedMs = performance.now();
  let secondMs = 0;
  deadlines.begin(() => {
    passed.push("first");
    deadlines.begin(() => {
      passed.push("third");
      all.resolve();
    });
  });
  await new Promise((resolve) => setTimeout(resolve, 20));
  deadlines.begin(() => {
    passed.push("second");
    secondMs = performance.now() - startedMs;
  });
  await all.promise;
  assert.deepEqual(passed, ["first", "second", "third"]);
  assert(secondMs < performance.now() - startedMs - 50, `The second was late: after ${secondMs} ms`);
});
