import assert from "node:assert/strict";
import type { RateBucket, RateDecision, RateLimiter } from "../../storage/rate_limiter.ts";

/** An implementation under test. */
export interface RateLimiterSubject extends AsyncDisposable {
  readonly limiter: RateLimiter;
  /** What counts together with it: another replica's, or itself where there is one process. */
  readonly other: RateLimiter;
  /** Brings about the end of a bucket's window. */
  endWindow(bucket: RateBucket): Promise<void>;
}

/** Registers the tests that every rate limiter must pass. */
export function describeRateLimiter(name: string, open: () => Promise<RateLimiterSubject>): void {
  Deno.test(`${name} keeps the promises of a rate limiter`, async (t) => {
    await using subject = await open();
    const { limiter, other } = subject;

    await t.step("calls are counted down to a refusal", async () => {
      const bucket = { tool: "ctx.get", principal: "default" };
      const decisions: RateDecision[] = [];
      for (let call = 0; call < 4; call++) decisions.push(await limiter.take(bucket, 2, 60));
      assert.deepEqual(decisions.map(({ allowed }) => allowed), [true, true, false, false]);
      assert.deepEqual(decisions.map(({ remaining }) => remaining), [1, 0, 0, 0]);
      for (const { limit, resetMs, shared } of decisions) {
        assert.equal(limit, 2);
        assert.ok(resetMs > 50_000 && resetMs <= 60_000, `${resetMs} ms`);
        assert.equal(shared, true);
      }
    });

    await t.step("of 50 calls at once on a limit of 5 exactly 5 are allowed, over two instances", async () => {
      const bucket = { tool: "prom.query_simple", principal: "default" };
      const decisions = await Promise.all(
        Array.from({ length: 50 }, (_, call) => (call % 2 ? limiter : other).take(bucket, 5, 60)),
      );
      assert.equal(decisions.filter(({ allowed }) => allowed).length, 5);
    });

    await t.step("tools and principals are counted apart", async () => {
      for (const tool of ["a", "b"]) {
        for (const principal of ["x", "y", "y:z", "__proto__"]) {
          assert.equal((await limiter.take({ tool, principal }, 1, 60)).allowed, true, `${tool} ${principal}`);
          assert.equal((await limiter.take({ tool, principal }, 1, 60)).allowed, false, `${tool} ${principal}`);
        }
      }
    });

    await t.step("the count starts anew when the window has ended, not before", async () => {
      const bucket = { tool: "logs.search", principal: "default" };
      for (let window = 0; window < 3; window++) {
        assert.equal((await limiter.take(bucket, 1, 60)).allowed, true);
        assert.equal((await other.take(bucket, 1, 60)).allowed, false);
        await subject.endWindow(bucket);
      }
    });

    await t.step("a limit may change while a window runs", async () => {
      const bucket = { tool: "runbook.preview", principal: "default" };
      assert.equal((await limiter.take(bucket, 1, 60)).allowed, true);
      assert.equal((await limiter.take(bucket, 1, 60)).allowed, false);
      assert.equal((await limiter.take(bucket, 5, 60)).remaining, 2);
    });

    await t.step("a look says what is left and counts nothing", async () => {
      const bucket = { tool: "ctx.set", principal: "default" };
      const fresh = await limiter.peek(bucket, 2, 60);
      assert.deepEqual(fresh, { allowed: true, limit: 2, remaining: 2, resetMs: 60_000, shared: true });
      for (let look = 0; look < 3; look++) assert.equal((await limiter.peek(bucket, 2, 60)).remaining, 2);
      for (const [left, allowed] of [[1, true], [0, false], [0, false]] as const) {
        await limiter.take(bucket, 2, 60);
        const { resetMs, ...seen } = await other.peek(bucket, 2, 60);
        assert.deepEqual(seen, { allowed, limit: 2, remaining: left, shared: true });
        assert.ok(resetMs > 50_000 && resetMs <= 60_000, `${resetMs} ms`);
      }
      await subject.endWindow(bucket);
      assert.equal((await limiter.peek(bucket, 2, 60)).allowed, true);
    });

    await t.step("what is spent goes beyond the limit, and counts until the window ends", async () => {
      const bucket = { tool: "tokens", principal: "default" };
      await limiter.spend(bucket, 4, 10, 60);
      assert.equal((await other.peek(bucket, 10, 60)).remaining, 6);
      await other.spend(bucket, 100, 10, 60);
      const { allowed, remaining } = await limiter.peek(bucket, 10, 60);
      assert.deepEqual([allowed, remaining], [false, 0]);
      assert.equal((await limiter.peek(bucket, 105, 60)).remaining, 1, "104 are spent, whatever the limit is");
      await subject.endWindow(bucket);
      assert.equal((await limiter.peek(bucket, 10, 60)).remaining, 10);
    });

    await t.step("what is spent at once, over two instances, is all counted", async () => {
      const bucket = { tool: "tokens", principal: "at once" };
      await Promise.all(
        Array.from({ length: 50 }, (_, call) => (call % 2 ? limiter : other).spend(bucket, call, 10_000, 60)),
      );
      assert.equal((await limiter.peek(bucket, 10_000, 60)).remaining, 10_000 - (49 * 50) / 2);
    });

    await t.step("to spend nothing leaves what was spent", async () => {
      const bucket = { tool: "tokens", principal: "nothing" };
      await limiter.spend(bucket, 0, 10, 60);
      await limiter.spend(bucket, 3, 10, 60);
      await limiter.spend(bucket, 0, 10, 60);
      assert.equal((await limiter.peek(bucket, 10, 60)).remaining, 7);
    });

    for (const [limit, windowSeconds] of [[0, 60], [1.5, 60], [5, 0], [5, 0.5], [NaN, 60], [5, Infinity]] as const) {
      await t.step(`limit ${limit} a window of ${windowSeconds} s is no limit`, async () => {
        const bucket = { tool: "t", principal: "p" };
        await assert.rejects(limiter.take(bucket, limit, windowSeconds), RangeError);
        await assert.rejects(limiter.peek(bucket, limit, windowSeconds), RangeError);
        await assert.rejects(limiter.spend(bucket, 1, limit, windowSeconds), RangeError);
      });
    }

    for (const points of [-1, 0.5, NaN, Infinity]) {
      await t.step(`${points} is nothing to spend`, async () => {
        await assert.rejects(limiter.spend({ tool: "t", principal: "p" }, points, 5, 60), RangeError);
      });
    }
  });
}
