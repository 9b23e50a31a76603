import assert from "node:assert/strict";
import fc from "fast-check";
import { createMemoryRateLimiter } from "../../../storage/embedded/rate_limiter.ts";
import { manualClock } from "../../contracts/manual_clock.ts";

Deno.test("in every window exactly the limit is allowed, whatever comes when", async () => {
  const call = fc.record({ afterMs: fc.integer({ min: 0, max: 4_000 }), principal: fc.constantFrom("a", "b") });
  await fc.assert(fc.asyncProperty(
    fc.array(call, { maxLength: 60 }),
    fc.integer({ min: 1, max: 5 }),
    fc.integer({ min: 1, max: 10 }),
    async (calls, limit, windowSeconds) => {
      const clock = manualClock();
      const limiter = createMemoryRateLimiter(clock);
      const windows: Record<string, { endMs: number; left: number }> = {};
      for (const { afterMs, principal } of calls) {
        clock.advance(afterMs);
        let window = windows[principal];
        if (!window || window.endMs <= clock.elapsed()) {
          window = windows[principal] = { endMs: clock.elapsed() + windowSeconds * 1000, left: limit };
        }
        const expected = {
          allowed: window.left > 0,
          limit,
          remaining: Math.max(0, --window.left),
          resetMs: window.endMs - clock.elapsed(),
          shared: true,
        };
        assert.deepEqual(await limiter.take({ tool: "tool", principal }, limit, windowSeconds), expected);
      }
    },
  ));
});

Deno.test("the counters are bounded: windows that have ended go first, then the oldest", async () => {
  const clock = manualClock();
  const limiter = createMemoryRateLimiter(clock);
  const take = async (principal: string) => (await limiter.take({ tool: "tool", principal }, 1, 60)).allowed;
  for (const principal of ["oldest", "next"]) assert.equal(await take(principal), true);
  for (let flood = 0; flood < 49_999; flood++) await take(`${flood}`);
  assert.deepEqual([await take("next"), await take("49998")], [false, false]);
  assert.equal(await take("oldest"), true, "It was forgotten for the last of the flood");

  clock.advance(60_000);
  assert.equal(await take("after"), true);
  for (let flood = 0; flood < 49_999; flood++) await take(`${flood}`);
  assert.equal(await take("after"), false, "The ended windows made room");
});

Deno.test("a flood of short windows forgets no long one, and is itself forgotten when it has ended", async () => {
  const clock = manualClock();
  const limiter = createMemoryRateLimiter(clock);
  const budget = { tool: "tokens", principal: "alice" };
  await limiter.spend(budget, 7, 10, 3600);
  for (let flood = 0; flood < 50_001; flood++) await limiter.take({ tool: "tool", principal: `${flood}` }, 1, 60);
  assert.equal((await limiter.peek(budget, 10, 3600)).remaining, 3);
  clock.advance(60_000);
  assert.equal((await limiter.take({ tool: "tool", principal: "50000" }, 1, 60)).allowed, true);
  assert.equal((await limiter.peek(budget, 10, 3600)).remaining, 3);
});
