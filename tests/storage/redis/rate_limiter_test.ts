import assert from "node:assert/strict";
import { createRedisRateLimiter } from "../../../storage/redis/rate_limiter.ts";
import { manualClock } from "../../contracts/manual_clock.ts";
import { startRedis } from "../../services/redis.ts";
import { observeRedis } from "./observed.ts";

Deno.test("while Redis is away a replica looks at, and spends, its part of a budget", async () => {
  await using service = await startRedis();
  await using observed = observeRedis(service.url);
  const limiter = createRedisRateLimiter(observed.redis, { replicas: 3, clock: manualClock() });
  const budget = { tool: "tokens", principal: "alice" };
  await limiter.spend(budget, 60, 100, 3600);
  const look = async () => {
    const { allowed, remaining, limit, shared } = await limiter.peek(budget, 100, 3600);
    return [allowed, remaining, limit, shared];
  };
  assert.deepEqual(await look(), [true, 40, 100, true]);
  assert.equal(await service.cli("GET", "rate_limit:tokens:alice"), "60");

  await service.kill();
  await observed.reached("disconnected");
  assert.deepEqual(await look(), [true, 33, 33, false]);
  await limiter.spend(budget, 50, 100, 3600);
  assert.deepEqual(await look(), [false, 0, 33, false]);

  await service.restart();
  await observed.reached("connected");
  assert.deepEqual(await look(), [true, 100, 100, true]);
});
