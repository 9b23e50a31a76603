import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import { Slots } from "../../server/peer.ts";
import { Turns } from "../../server/turns.ts";

/** Opens lanes whose messages write down that they were begun, and whether their connection had a slot left for a call. */
function open(bounds: ConstructorParameters<typeof Turns>[0]) {
  const turns = new Turns(bounds);
  const begun: string[] = [];
  const refused: string[] = [];
  return {
    begun,
    refused,
    lane(slots = new Slots(100)) {
      return turns.open((text) => {
        begun.push(text);
        if (slots.take()) slots.release();
        else refused.push(text);
      }, slots);
    },
    /** What is begun in the next turn. */
    async next() {
      const before = begun.length;
      await setImmediate();
      return begun.slice(before).join("");
    },
  };
}

Deno.test("what comes is begun at once, as far as a turn goes, and the rest in the next turns in its order", async () => {
  const { lane, begun, next } = open({ begunMax: 3 });
  const one = lane();
  for (const text of "abcdefgh") one.take(text);
  assert.equal(begun.join(""), "abc");
  assert.equal(await next(), "def");
  one.take("i");
  assert.equal(await next(), "ghi");
  assert.equal(await next(), "");
  one.take("j");
  assert.equal(begun.at(-1), "j");
});

Deno.test("a message does not overtake one of its connection that waits", async () => {
  const { lane, next } = open({ begunMax: 2 });
  const one = lane();
  for (const text of "abc") one.take(text);
  let begun = next();
  // The turn begins with what waits; there is room for it and for this one.
  one.take("d");
  assert.equal(await begun, "cd");
  begun = next();
  assert.equal(await begun, "");
});

Deno.test("connections take turns: one that sends much does not keep back another's message", async () => {
  const { lane, next } = open({ begunMax: 4 });
  const [flood, other] = [lane(), lane()];
  for (let sent = 0; sent < 100; sent++) flood.take("f");
  other.take("o");
  other.take("o");
  assert.equal(await next(), "fofo");
  assert.equal(await next(), "ffff");
});

Deno.test("in one turn no more of a connection is begun than may run of it", async () => {
  const { lane, next } = open({ begunMax: 10 });
  const one = lane(new Slots(3));
  for (let sent = 0; sent < 20; sent++) one.take("x");
  assert.equal(await next(), "xxx");
  assert.equal(await next(), "xxx");
});

Deno.test("of more than may run the oldest find no slot, the newest do, and a turn begins only so many of the first", async () => {
  const { lane, begun, refused } = open({ begunMax: 1, surplusMax: 2 });
  const one = lane(new Slots(2));
  for (const text of "abcdef") one.take(text);
  for (let turn = 0; turn < 10; turn++) await setImmediate();
  assert.equal(begun.join(""), "abcdef");
  assert.equal(refused.join(""), "bcd");
});

Deno.test("what waits of a connection that closes is dropped, and leaves its slots", async () => {
  const { lane, begun, next } = open({ begunMax: 2 });
  const slots = new Slots(3);
  const [one, other] = [lane(slots), lane()];
  for (const text of "abcde") one.take(text);
  other.take("o");
  assert.equal(one.chars, 3);
  assert.equal(one.clear(), 3);
  assert.equal(one.chars, 0);
  assert.equal(await next(), "o");
  assert.equal(begun.join(""), "abo");
  assert.deepEqual([slots.take(), slots.take(), slots.take(), slots.take()], [true, true, true, false]);
});

Deno.test("a connection that closes as one of its messages is begun takes the others with it", async () => {
  const turns = new Turns({ begunMax: 1 });
  const begun: string[] = [];
  const lane = turns.open((text) => {
    begun.push(text);
    if (text === "b") lane.clear();
  }, new Slots(1));
  const other = turns.open((text) => begun.push(text), new Slots(1));
  for (const text of "abcd") lane.take(text);
  other.take("o");
  for (let turn = 0; turn < 5; turn++) await setImmediate();
  assert.equal(begun.join(""), "abo");
});
