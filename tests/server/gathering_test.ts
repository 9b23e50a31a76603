import assert from "node:assert/strict";
import { setImmediate as inTurn } from "node:timers";
import { setImmediate } from "node:timers/promises";
import { createGathering } from "../../server/gathering.ts";

Deno.test("what has come by the end of a turn of the event loop begins together in the next", async () => {
  const gather = createGathering();
  const begun: string[] = [];
  const ask = (name: string) => gather().then(() => begun.push(name));
  ask("a");
  await undefined;
  ask("b");
  for (let step = 0; step < 20; step++) await undefined;
  assert.deepEqual(begun, [], "nothing begins in the turn in which it came");
  await setImmediate();
  assert.deepEqual(begun, ["a", "b"]);
  ask("c");
  await setImmediate();
  assert.deepEqual(begun, ["a", "b", "c"], "it gathers anew");
});

Deno.test("a turn begins so many and no more, and the others in their order in the next turns", async () => {
  const gather = createGathering(2, inTurn);
  const begun: number[] = [];
  for (let i = 1; i <= 5; i++) gather().then(() => begun.push(i));
  const turns: number[] = [];
  for (let turn = 0; turn < 3; turn++) {
    await setImmediate();
    turns.push(begun.length);
    // What comes later is begun later, and no turn is made twice for it.
    if (turn === 0) gather().then(() => begun.push(6));
  }
  assert.deepEqual(turns, [2, 4, 6]);
  assert.deepEqual(begun, [1, 2, 3, 4, 5, 6]);
});
