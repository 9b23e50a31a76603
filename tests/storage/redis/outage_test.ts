import assert from "node:assert/strict";
import { systemClock } from "../../../storage/clock.ts";
import { StorageError } from "../../../storage/errors.ts";
import { createRedisCache } from "../../../storage/redis/cache.ts";
import { createRedisContextStore } from "../../../storage/redis/context_store.ts";
import { createRedisEventBus } from "../../../storage/redis/event_bus.ts";
import { createRedisRateLimiter } from "../../../storage/redis/rate_limiter.ts";
import { listen } from "../../contracts/event_bus.ts";
import { manualClock } from "../../contracts/manual_clock.ts";
import { freePort } from "../../services/process.ts";
import { startRedis } from "../../services/redis.ts";
import { elapsedMs, observeRedis } from "./observed.ts";

const WRITE = { writer: "alice", ttlSeconds: 60 };
const BUCKET = { tool: "ctx.get", principal: "default" };

Deno.test("while Redis is killed the stores fail at once, and work again when it is back", async () => {
  await using service = await startRedis();
  await using observed = observeRedis(service.url);
  const { redis } = observed;
  const context = createRedisContextStore(redis, systemClock);
  const cache = createRedisCache(redis);
  await using bus = createRedisEventBus(redis);
  assert.equal((await context.set("key", "before", WRITE)).version, 1);
  const inbox = await listen(bus, "topic");

  await service.kill();
  await observed.reached("disconnected", "ECONNREFUSED");
  for (
    const access of [
      () => context.get("key"),
      () => context.set("key", "lost", WRITE),
      () => cache.get("key"),
      () => cache.set("key", "lost", 60),
      () => bus.publish("topic", "lost"),
      () => bus.subscribe("other", () => {}),
    ]
  ) {
    assert.ok(await elapsedMs(assert.rejects(access, StorageError)) < 250, String(access));
    await assert.rejects(access, { message: /^Cannot .+: Redis at 127\.0\.0\.1:\d+ is not connected: .+$/ });
  }

  await service.restart();
  await observed.reached("connected");
  assert.equal(await context.get("key"), undefined);
  assert.equal((await context.set("key", "after", WRITE)).version, 1);
  await cache.set("key", "after", 60);
  // The bus has a connection of its own, whose state nobody is told: it is back when an event comes through.
  const publishing = setInterval(() => void bus.publish("topic", "after").catch(() => {}), 20);
  try {
    assert.deepEqual(await inbox.take(1), ["after"]);
  } finally {
    clearInterval(publishing);
  }

  const { port } = service;
  assert.deepEqual(observed.told, [
    `connected 127.0.0.1:${port}`,
    `disconnected 127.0.0.1:${port} Connection closed`,
    `disconnected 127.0.0.1:${port} connect ECONNREFUSED 127.0.0.1:${port}`,
    `connected 127.0.0.1:${port}`,
  ]);
});

Deno.test("while Redis is frozen the first access fails within its deadline, the next ones at once", async () => {
  await using service = await startRedis();
  await using observed = observeRedis(service.url);
  const context = createRedisContextStore(observed.redis, systemClock);
  await context.set("key", "before", WRITE);

  service.signal("SIGSTOP");
  const first = context.get("key");
  const firstMs = await elapsedMs(
    assert.rejects(first, { name: "StorageError", message: /answer within 1000 ms$/ }),
  );
  assert.ok(firstMs > 900 && firstMs < 1_500, `${firstMs} ms`);
  await observed.reached("disconnected", "No answer within 1000 ms");
  assert.ok(await elapsedMs(assert.rejects(context.get("key"), StorageError)) < 250);

  service.signal("SIGCONT");
  await observed.reached("connected");
  assert.equal((await context.get("key"))?.value, "before");
});

Deno.test("a connection without traffic notices that Redis is frozen, and the bus that it is back", async () => {
  await using service = await startRedis();
  await using observed = observeRedis(service.url);
  await using bus = createRedisEventBus(observed.redis);
  const inbox = await listen(bus, "topic");

  service.signal("SIGSTOP");
  await observed.reached("disconnected");
  service.signal("SIGCONT");
  await observed.reached("connected");
  const publishing = setInterval(() => void bus.publish("topic", "after").catch(() => {}), 20);
  try {
    assert.deepEqual(await inbox.take(1), ["after"]);
  } finally {
    clearInterval(publishing);
  }
});

Deno.test("a command that was in flight when the connection broke is not sent a second time", async () => {
  await using service = await startRedis();
  await using observed = observeRedis(service.url);
  const limiter = createRedisRateLimiter(observed.redis, { replicas: 1, clock: manualClock() });
  await limiter.take(BUCKET, 5, 60);

  service.signal("SIGSTOP");
  assert.equal((await limiter.take(BUCKET, 5, 60)).shared, false);
  await observed.reached("disconnected");
  service.signal("SIGCONT");
  await observed.reached("connected");
  // Redis may have read the frozen call from its socket and counted it; it must not have been counted twice.
  assert.ok(["1", "2"].includes(await service.cli("GET", "rate_limit:ctx.get:default")));
});

Deno.test("while Redis is away a replica allows its part of the limit by its own count", async (t) => {
  await using service = await startRedis();
  await using observed = observeRedis(service.url);
  const clock = manualClock();
  const limiter = createRedisRateLimiter(observed.redis, { replicas: 3, clock });
  const take = async (limit: number) => {
    const { allowed, remaining, shared, ...decision } = await limiter.take(BUCKET, limit, 60);
    return `${allowed ? "allowed" : "refused"} ${remaining} of ${decision.limit}${shared ? ", shared" : ""}`;
  };
  assert.equal(await take(7), "allowed 6 of 7, shared");

  await t.step("killed: at once, at the limit divided by the replicas, at least 1", async () => {
    await service.kill();
    await observed.reached("disconnected");
    assert.ok(await elapsedMs(limiter.take({ ...BUCKET, tool: "other" }, 7, 60)) < 50);
    assert.deepEqual([await take(7), await take(7), await take(7)], [
      "allowed 1 of 2",
      "allowed 0 of 2",
      "refused 0 of 2",
    ]);
    clock.advance(60_000);
    assert.deepEqual([await take(2), await take(2)], ["allowed 0 of 1", "refused 0 of 1"]);
  });

  await t.step("back: all replicas count together again", async () => {
    await service.restart();
    await observed.reached("connected");
    assert.equal(await take(7), "allowed 6 of 7, shared");
  });

  await t.step("frozen: the first call waits for its deadline, the next ones do not", async () => {
    clock.advance(60_000);
    service.signal("SIGSTOP");
    const start = performance.now();
    assert.equal(await take(7), "allowed 1 of 2");
    assert.ok(performance.now() - start < 1_500);
    await observed.reached("disconnected");
    assert.ok(await elapsedMs(take(7)) < 50);
    service.signal("SIGCONT");
    await observed.reached("connected");
    assert.match(await take(7), /shared$/);
  });
});

Deno.test("a Redis that comes up after the server is found", async () => {
  const port = await freePort();
  await using observed = observeRedis(`redis://127.0.0.1:${port}`);
  const context = createRedisContextStore(observed.redis, systemClock);
  assert.equal(observed.redis.state(), "disconnected");
  assert.ok(await elapsedMs(assert.rejects(context.get("key"), StorageError)) < 500);
  await using _service = await startRedis({ port });
  await observed.reached("connected");
  assert.equal(await context.get("key"), undefined);
});

Deno.test("closing takes no second, whatever Redis does", async (t) => {
  await using service = await startRedis();
  const close = async (observed: ReturnType<typeof observeRedis>) => {
    const pending = observed.redis.run("wait", (client) => client.blpop("nothing", 0));
    const refused = assert.rejects(pending, StorageError);
    assert.ok(await elapsedMs(observed[Symbol.asyncDispose]()) < 1_000);
    await refused;
    assert.equal(observed.redis.state(), "disconnected");
    await assert.rejects(observed.redis.run("ping", (client) => client.ping()), StorageError);
    await observed[Symbol.asyncDispose]();
  };
  await t.step("before it is connected", () => close(observeRedis(service.url)));
  await t.step("connected, with a command in flight", async () => {
    const observed = observeRedis(service.url);
    await observed.reached("connected");
    await close(observed);
    assert.equal(observed.told.length, 1, "A close that was asked for is no loss");
  });
  await t.step("frozen", async () => {
    const observed = observeRedis(service.url);
    await observed.reached("connected");
    service.signal("SIGSTOP");
    await close(observed);
    await close(observeRedis(service.url));
    service.signal("SIGCONT");
  });
  await t.step("away", async () => {
    const observed = observeRedis(service.url);
    await observed.reached("connected");
    await service.kill();
    await observed.reached("disconnected");
    await close(observed);
    await close(observeRedis(service.url));
  });
});
