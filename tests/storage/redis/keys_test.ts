import assert from "node:assert/strict";
import { createRedisCache } from "../../../storage/redis/cache.ts";
import { openRedis } from "../../../storage/redis/connection.ts";
import { createRedisEventBus } from "../../../storage/redis/event_bus.ts";
import { createRedisRateLimiter } from "../../../storage/redis/rate_limiter.ts";
import { listen } from "../../contracts/event_bus.ts";
import { manualClock } from "../../contracts/manual_clock.ts";
import { startRedis } from "../../services/redis.ts";

Deno.test("cache, limits and events have the documented names in Redis, and every key ends", async () => {
  await using service = await startRedis();
  await using redis = openRedis(service.url, { onState: () => {} });
  await createRedisCache(redis).set("prom:up", "[]", 300);
  const limiter = createRedisRateLimiter(redis, { replicas: 1, clock: manualClock() });
  for (const windowSeconds of [60, 1]) {
    await limiter.take({ tool: `${windowSeconds}`, principal: "default" }, 5, windowSeconds);
  }
  await limiter.take({ tool: "60", principal: "default" }, 5, 60);

  const ttl = async (key: string) => Number(await service.cli("TTL", key));
  assert.deepEqual((await service.cli("KEYS", "*")).split("\n").sort(), [
    "cache:prom:up",
    "rate_limit:1:default",
    "rate_limit:60:default",
  ]);
  assert.equal(await service.cli("GET", "cache:prom:up"), "[]");
  assert.equal(await service.cli("GET", "rate_limit:60:default"), "2");
  assert.ok(await ttl("cache:prom:up") > 290);
  assert.ok(await ttl("rate_limit:60:default") > 50);
  assert.ok(await ttl("rate_limit:1:default") >= 0);
});

Deno.test("an event is JSON text on its channel, and text that is none is ignored", async () => {
  await using service = await startRedis();
  await using redis = openRedis(service.url, { onState: () => {} });
  await using bus = createRedisEventBus(redis);
  const inbox = await listen(bus, "tools");
  await service.cli("PUBLISH", "mcp:events:tools", "no JSON");
  await service.cli("PUBLISH", "mcp:events:tools", '{"by": "hand"}');
  assert.deepEqual(await inbox.take(1), [{ by: "hand" }]);
  assert.equal(await service.cli("PUBSUB", "CHANNELS"), "mcp:events:tools");
  await inbox.close();
  assert.equal(await service.cli("PUBSUB", "CHANNELS"), "");
});
