import assert from "node:assert/strict";
import { createMemoryRateLimiter } from "../../storage/embedded/rate_limiter.ts";
import type { RateDecision } from "../../storage/rate_limiter.ts";
import type { CallLimits } from "../../tools/authorizer.ts";
import { createCallLimiter, type LimitSettings } from "../../tools/call/limits.ts";
import { ToolError } from "../../tools/error.ts";
import { manualClock } from "../contracts/manual_clock.ts";
import { testCallPath, testContext, testTool } from "./call_path.ts";

/** A limiter over real counters, with what it asked of them: `take ctx.get:alice 10/60`. */
function limiterWith(settings: Partial<LimitSettings> = {}) {
  const clock = manualClock();
  const counters = createMemoryRateLimiter(clock);
  const asked: string[] = [];
  const decisions: RateDecision[] = [];
  const calls = createCallLimiter({
    limiter: {
      take: (bucket, limit, windowSeconds) => {
        asked.push(`take ${bucket.tool}:${bucket.principal} ${limit}/${windowSeconds}`);
        return counters.take(bucket, limit, windowSeconds);
      },
      peek: (bucket, limit, windowSeconds) => {
        asked.push(`peek ${bucket.tool}:${bucket.principal} ${limit}/${windowSeconds}`);
        return counters.peek(bucket, limit, windowSeconds);
      },
      spend: (bucket, points, limit, windowSeconds) => {
        asked.push(`spend ${points} of ${bucket.tool}:${bucket.principal} ${limit}/${windowSeconds}`);
        return counters.spend(bucket, points, limit, windowSeconds);
      },
    },
    rateLimitPerMinute: 0,
    onRate: (decision) => decisions.push(decision),
    ...settings,
  });
  /** What a call comes to: `ok`, or the rule that refuses it. */
  const take = async (tool: string, principal: string, limits: CallLimits = {}) => {
    try {
      await calls.take(tool, principal, { rule: "ops", limits }, undefined);
      return "ok";
    } catch (error) {
      assert(error instanceof ToolError && error.kind === "rate_limited", String(error));
      return error.data["rule"];
    }
  };
  return { calls, take, asked, decisions, clock };
}

Deno.test("a call is counted by the limits that there are, and by no other", async (t) => {
  const cases: readonly (readonly [Partial<LimitSettings>, CallLimits, readonly string[]])[] = [
    [{}, {}, []],
    [{ rateLimitPerMinute: 10 }, {}, ["take ctx.get:alice 10/60"]],
    [{ rateLimitPerMinute: 10 }, { callsPerMinute: 3 }, ["take ctx.get:alice 3/60"]],
    [{ rateLimitPerMinute: 10 }, { callsPerMinute: 0 }, []],
    [{ rateLimitPerMinute: 10 }, { tokensPerHour: 0 }, ["take ctx.get:alice 10/60"]],
    [{}, { tokensPerHour: 500 }, ["peek tokens:alice 500/3600"]],
    [
      { rateLimitPerMinute: 10, principalLimitPerMinute: 30, toolLimitPerMinute: 40 },
      { tokensPerHour: 500 },
      ["take ctx.get:alice 10/60", "take *:alice 30/60", "peek tokens:alice 500/3600", "take ctx.get:* 40/60"],
    ],
  ];
  for (const [settings, limits, expected] of cases) {
    await t.step(JSON.stringify([settings, limits]), async () => {
      const { take, asked, decisions } = limiterWith(settings);
      assert.equal(await take("ctx.get", "alice", limits), "ok");
      assert.deepEqual(asked, expected);
      assert.equal(decisions.length, expected.length);
    });
  }
});

Deno.test("a refusal names the limit that refused, in the message and as a rule", async (t) => {
  const cases: readonly (readonly [Partial<LimitSettings>, CallLimits, rule: string, message: string])[] = [
    [{ rateLimitPerMinute: 1 }, {}, "RATE_LIMIT_PER_MINUTE", "More than 1 calls of ctx.get a minute"],
    [{ rateLimitPerMinute: 9 }, { callsPerMinute: 1 }, "ops.callsPerMinute", "More than 1 calls of ctx.get a minute"],
    [{ principalLimitPerMinute: 1 }, {}, "RATE_LIMIT_PRINCIPAL_PER_MINUTE", "More than 1 calls a minute by alice"],
    [
      { toolLimitPerMinute: 1 },
      {},
      "RATE_LIMIT_TOOL_PER_MINUTE",
      "More than 1 calls of ctx.get a minute by all callers together",
    ],
  ];
  for (const [settings, limits, rule, message] of cases) {
    await t.step(rule, async () => {
      const { calls, clock } = limiterWith(settings);
      const told: [RateDecision, number][] = [];
      const take = () =>
        calls.take("ctx.get", "alice", { rule: "ops", limits }, (decision, windowSeconds) => {
          told.push([decision, windowSeconds]);
        });
      await take();
      clock.advance(20_500);
      await assert.rejects(take(), {
        kind: "rate_limited",
        message,
        hint: "Wait 40 s and call again",
        data: { retryAfterMs: 39_500, limit: 1, rule },
      });
      assert.deepEqual(told.map(([{ allowed }, seconds]) => [allowed, seconds]), [[true, 60], [false, 60]]);
    });
  }
});

Deno.test("whoever is beyond its own limits uses up nothing of the others'", async () => {
  const { take, asked } = limiterWith({ rateLimitPerMinute: 2, principalLimitPerMinute: 3, toolLimitPerMinute: 4 });
  for (const expected of ["ok", "ok", ...Array(20).fill("RATE_LIMIT_PER_MINUTE")]) {
    assert.equal(await take("ctx.get", "alice"), expected);
  }
  // Its own total was counted meanwhile, and is used up too.
  assert.equal(await take("ctx.set", "alice"), "RATE_LIMIT_PRINCIPAL_PER_MINUTE");
  assert.equal(asked.filter((one) => one.startsWith("take ctx.get:*")).length, 2);
  assert.deepEqual([await take("ctx.get", "bob"), await take("ctx.get", "bob")], ["ok", "ok"]);
  assert.equal(await take("ctx.get", "carol"), "RATE_LIMIT_TOOL_PER_MINUTE");
  assert.equal(await take("ctx.set", "carol"), "ok");
});

Deno.test("HTTP is told of the limit that refused, else of the caller's own for the tool", async () => {
  const { calls } = limiterWith({ rateLimitPerMinute: 5, principalLimitPerMinute: 9, toolLimitPerMinute: 2 });
  const told: number[] = [];
  const take = () => calls.take("ctx.get", "alice", undefined, ({ limit }) => told.push(limit));
  await take();
  await take();
  await assert.rejects(take());
  assert.deepEqual(told, [5, 5, 2]);
});

Deno.test("a principal that is called like the bucket of all has a bucket of its own", async () => {
  const { take, asked } = limiterWith({ rateLimitPerMinute: 5, toolLimitPerMinute: 2 });
  for (const principal of ["*", "%2A", "a:b"]) await take("ctx.get", principal);
  assert.deepEqual(asked.filter((one) => !one.includes(":* ")), [
    "take ctx.get:%2A 5/60",
    "take ctx.get:%252A 5/60",
    "take ctx.get:a:b 5/60",
  ]);
});

Deno.test("tokens are spent once they are known, and a used-up budget refuses until its hour ends", async () => {
  const clock = manualClock();
  const limiter = createMemoryRateLimiter(clock);
  const tool = testTool(() => Promise.resolve("x".repeat(298)));
  const { call, records, reports } = testCallPath([tool], {
    limiter,
    clock,
    authorizer: { authorize: () => ({ allowed: true, rule: "ops", limits: { tokensPerHour: 150 } }) },
  });
  const ask = () => call({ method: "test.tool", tool: "test.tool", args: {} }, testContext());
  await ask();
  assert.equal((await limiter.peek({ tool: "tokens", principal: "default" }, 150, 3600)).remaining, 50);
  // 100 of 150 are spent: the next call may still run, and goes beyond the budget.
  await ask();
  clock.advance(600_000);
  await assert.rejects(ask(), {
    kind: "rate_limited",
    message: "More than 150 tokens of results an hour by default",
    hint: "Wait 3000 s and call again",
    data: { retryAfterMs: 3_000_000, limit: 150, rule: "ops.tokensPerHour" },
  });
  assert.deepEqual(records.map(({ outcome }) => outcome), ["ok", "ok", "rate_limited"]);
  assert.deepEqual(reports.map(({ rule }) => rule), [undefined, undefined, "ops.tokensPerHour"]);
  clock.advance(3_000_000);
  await ask();
});

Deno.test("a refused call and one that fails spend no tokens", async () => {
  const limiter = createMemoryRateLimiter(manualClock());
  const tool = testTool(() => Promise.reject(new ToolError("not_found", "No such pod")));
  const { call } = testCallPath([tool], {
    limiter,
    authorizer: { authorize: () => ({ allowed: true, rule: "ops", limits: { tokensPerHour: 150 } }) },
  });
  for (const args of [{}, { text: 5 }]) {
    await assert.rejects(call({ method: "test.tool", tool: "test.tool", args }, testContext()), ToolError);
  }
  assert.equal((await limiter.peek({ tool: "tokens", principal: "default" }, 150, 3600)).remaining, 150);
});

Deno.test("the reply waits until its tokens are spent, so that the next call finds them", async () => {
  const order: string[] = [];
  const limiter = createMemoryRateLimiter(manualClock());
  const { call } = testCallPath([testTool(() => Promise.resolve(1))], {
    limiter: {
      take: (...args) => limiter.take(...args),
      peek: (...args) => limiter.peek(...args),
      // A round trip: all that could go on without it comes first.
      spend: () =>
        new Promise((resolve) =>
          setTimeout(() => {
            order.push("spent");
            resolve();
          })
        ),
    },
    authorizer: { authorize: () => ({ allowed: true, rule: "ops", limits: { tokensPerHour: 150 } }) },
  });
  await call({ method: "test.tool", tool: "test.tool", args: {} }, testContext());
  order.push("answered");
  assert.deepEqual(order, ["spent", "answered"]);
});

Deno.test("the limits of a role take the setting's place", async () => {
  const { call } = testCallPath([testTool(() => Promise.resolve(1))], {
    limiter: createMemoryRateLimiter(manualClock()),
    rateLimitPerMinute: 1,
    authorizer: {
      authorize: ({ principal }) => ({
        allowed: true,
        rule: "ops",
        limits: principal.roles.includes("ops") ? { callsPerMinute: 3 } : {},
      }),
    },
  });
  const allowed = async (name: string, roles: readonly string[]) => {
    const context = testContext({ principal: { name, authMethod: "token", roles } });
    const ask = () => call({ method: "test.tool", tool: "test.tool", args: {} }, context);
    const results = await Promise.allSettled(Array.from({ length: 10 }, ask));
    return results.filter(({ status }) => status === "fulfilled").length;
  };
  assert.equal(await allowed("alice", ["ops"]), 3);
  assert.equal(await allowed("bob", []), 1);
});
