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

Deno.test("what comes in one turn leaves in one write, and calls of one bucket are counted by one command", async () => {
  await using service = await startRedis();
  await using observed = observeRedis(service.url);
  const { redis } = observed;
  const limiter = createRedisRateLimiter(redis, { replicas: 1, clock: manualClock() });
  const takeAll = (calls: number, principal: string) =>
    Promise.all(Array.from({ length: calls }, () => limiter.take({ tool: "t", principal }, 30, 60)));
  // The script is known to the server, and the connection's own commands are over.
  await takeAll(1, "first");
  const info = async (name: string) =>
    Number(new RegExp(`^${name}(\\d+)`, "m").exec(await redis.run("ask", (client) => client.info("all")))?.[1] ?? 0);

  const counted = await info("cmdstat_evalsha:calls=");
  const decisions = await takeAll(50, "alice");
  assert.equal(await info("cmdstat_evalsha:calls=") - counted, 1);
  assert.deepEqual(decisions.map(({ allowed }) => allowed), Array.from({ length: 50 }, (_, i) => i < 30));
  assert.deepEqual(decisions.slice(0, 3).map(({ remaining }) => remaining), [29, 28, 27]);
  assert.equal(await service.cli("GET", "rate_limit:t:alice"), "50");

  const reads = await info("total_reads_processed:");
  await Promise.all(Array.from({ length: 50 }, () => redis.run("read", (client) => client.get("k"))));
  // One for the commands, one for the second question; the connection's sign of life may come in between.
  assert(await info("total_reads_processed:") - reads <= 4);
});
