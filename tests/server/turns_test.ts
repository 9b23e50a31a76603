import assert from "node:assert/strict";
import { setImmediate as inTurn } from "node:timers";
import { setImmediate } from "node:timers/promises";
import { Slots } from "../../server/peer.ts";
import { Turns } from "../../server/turns.ts";

/** Opens lanes whose messages write down that they were begun, and whether their connection had a slot left for a call. */
function open(bounds: ConstructorParameters<typeof Turns>[0]) {
  const turns = new Turns({ nextTurn: inTurn, ...bounds });
  const begun: string[] = [];
  const refused: string[] = [];
  const running: Slots[] = [];
  return {
    begun,
    refused,
    /** @param isQuick its calls end at once, and else by `end` */
    lane(slots = new Slots(100), isQuick = true) {
      return turns.open((text) => {
        begun.push(text);
        if (!slots.take()) refused.push(text);
        else if (isQuick) slots.release();
        else running.push(slots);
      }, slots);
    },
    /** The oldest call ends. */
    end: () => running.shift()?.release(),
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

Deno.test("what finds no slot is refused in its order, so much a turn, and a slot that becomes free is the oldest's", async () => {
  const { lane, refused, next, end } = open({ begunMax: 2, surplusMax: 2 });
  const one = lane(new Slots(2), false);
  for (const text of "abcdefgh") one.take(text);
  assert.equal(await next(), "cd");
  assert.equal(await next(), "ef");
  end();
  assert.equal(await next(), "gh");
  assert.equal(refused.join(""), "cdefh");
});

Deno.test("in one turn no more of a connection is begun than may run of it, with a slot or without", async () => {
  const { lane, next } = open({ begunMax: 10, surplusMax: 10 });
  const one = lane(new Slots(3));
  for (let sent = 0; sent < 20; sent++) one.take("x");
  assert.equal(await next(), "xxx");
  assert.equal(await next(), "xxx");
});

Deno.test("however much is refused, each turn begins some of what has a slot", async () => {
  const { lane, refused, next } = open({ begunMax: 1, surplusMax: 2 });
  const [first, flooded] = [lane(), lane(new Slots(3), false)];
  first.take("x");
  for (const text of "abc12345") flooded.take(text);
  assert.equal(await next(), "a12");
  for (const text of "6789") flooded.take(text);
  assert.equal(await next(), "b34");
  assert.equal(await next(), "c56");
  assert.equal(await next(), "78");
  assert.equal(refused.join(""), "12345678");
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
  const turns = new Turns({ begunMax: 1, nextTurn: inTurn });
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

/** Says whether those are behind who would keep waiting what is begun, and counts how often it was asked. */
function lag() {
  let asked = 0;
  let onAsked = () => {};
  const state = {
    isBehind: true,
    ask: () => {
      asked++;
      onAsked();
      return state.isBehind;
    },
    /** Resolves when it was asked so many times more. */
    async asked(times: number): Promise<void> {
      const last = asked + times;
      await new Promise<void>((resolve) => {
        onAsked = () => asked >= last && resolve();
      });
    },
  };
  return state;
}

Deno.test("while those are behind who would keep it waiting, what has a slot waits as it came", async () => {
  const log = lag();
  const { lane, begun, refused } = open({ begunMax: 2, isBehind: log.ask });
  const one = lane(new Slots(3));
  for (const text of "abc") one.take(text);
  await log.asked(3);
  assert.equal(begun.join(""), "");
  assert.equal(one.chars, 3);
  log.isBehind = false;
  await log.asked(2);
  await setImmediate();
  assert.equal(begun.join(""), "abc");
  assert.deepEqual(refused, []);
  assert.equal(one.chars, 0);
});

Deno.test("what finds no slot is refused however far those are behind, and what is dropped is asked for no more", async () => {
  const log = lag();
  const { lane, begun, refused } = open({ isBehind: log.ask });
  const slots = new Slots(2);
  const one = lane(slots);
  for (const text of "abcd") one.take(text);
  await log.asked(3);
  assert.equal(begun.join(""), "cd");
  assert.equal(refused.join(""), "cd");
  assert.equal(one.clear(), 2);
  assert(slots.take() && slots.take(), "it leaves its slots");
  // A timer that goes on would be a leak of this test.
  await log.asked(1);
  assert.equal(begun.join(""), "cd");
});
