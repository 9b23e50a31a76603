import assert from "node:assert/strict";
import { inspect } from "node:util";
import { systemClock } from "../../../storage/clock.ts";
import { StorageError } from "../../../storage/errors.ts";
import { createRedisAuditSpool } from "../../../storage/redis/audit_spool.ts";
import { createRedisContextStore } from "../../../storage/redis/context_store.ts";
import { createRedisEventBus } from "../../../storage/redis/event_bus.ts";
import { createRedisRateLimiter } from "../../../storage/redis/rate_limiter.ts";
import { listen } from "../../contracts/event_bus.ts";
import { manualClock } from "../../contracts/manual_clock.ts";
import { type RedisClusterService, startRedisCluster } from "../../services/redis_cluster.ts";
import { elapsedMs, observeRedis } from "./observed.ts";

const WRITE = { writer: "alice", ttlSeconds: 3600 };
const LIMIT = 200;

/** Two keys of the context that are on different nodes. */
async function keysApart(service: RedisClusterService) {
  const nodeOf = (key: string) => service.nodeOf(`ctx:${key}`);
  const here = await nodeOf("a");
  for (const key of ["b", "c", "d", "e", "f", "g"]) {
    const there = await nodeOf(key);
    if (there !== here) return { on: { key: "a", node: here }, off: { key, node: there } };
  }
  throw new Error("All keys are on one node");
}

Deno.test("a master of a Cluster is killed: its keys fail in time, the others go on; back, all is as before", async () => {
  await using service = await startRedisCluster({ appendonly: true });
  await using observed = observeRedis(service.url);
  const context = createRedisContextStore(observed.redis, systemClock);
  await using bus = createRedisEventBus(observed.redis);
  const inbox = await listen(bus, "topic");
  const { on, off } = await keysApart(service);
  for (const { key } of [on, off]) await context.set(key, key, WRITE);
  await observed.reached("connected");

  await on.node.kill();
  // Told by the first command that fails or by the watch, whichever comes first.
  assert.ok(await elapsedMs(assert.rejects(context.get(on.key), StorageError)) < 1_500);
  await observed.reached("disconnected");
  assert.ok(await elapsedMs(assert.rejects(context.get(on.key), StorageError)) < 1_500);
  assert.ok(await elapsedMs(context.get(off.key).catch(() => {})) < 1_500);

  await on.node.restart();
  await observed.reached("connected");
  assert.equal((await context.get(on.key))?.value, on.key);
  assert.equal((await context.get(off.key))?.value, off.key);
  const publishing = setInterval(() => void bus.publish("topic", "after").catch(() => {}), 20);
  try {
    assert.deepEqual(await inbox.take(1), ["after"]);
  } finally {
    clearInterval(publishing);
  }
});

Deno.test("a master of a Cluster is frozen: its keys fail within their deadline, and heal when it thaws", async () => {
  await using service = await startRedisCluster({ args: ["--cluster-require-full-coverage", "no"] });
  await using observed = observeRedis(service.url);
  const context = createRedisContextStore(observed.redis, systemClock);
  const { on, off } = await keysApart(service);
  for (const { key } of [on, off]) await context.set(key, key, WRITE);
  await observed.reached("connected");

  on.node.signal("SIGSTOP");
  assert.ok(await elapsedMs(assert.rejects(context.get(on.key), StorageError)) < 1_500);
  await observed.reached("disconnected");
  assert.equal((await context.get(off.key))?.value, off.key, "what the other nodes have is there");
  await assert.rejects(context.keys("", 10), StorageError, "a list without what that node has is none");
  on.node.signal("SIGCONT");
  await observed.reached("connected");
  assert.equal((await context.get(on.key))?.value, on.key);
});

Deno.test("every master is killed and comes back: one outage is told, and the context is there", async () => {
  await using service = await startRedisCluster({ appendonly: true });
  await using observed = observeRedis(service.url);
  const context = createRedisContextStore(observed.redis, systemClock);
  await context.set("key", "before", WRITE);
  for (const node of service.nodes) await node.kill();
  await observed.reached("disconnected");
  assert.ok(await elapsedMs(assert.rejects(context.get("key"), StorageError)) < 1_500);
  await Promise.all(service.nodes.map((node) => node.restart()));
  await observed.reached("connected");
  assert.equal((await context.get("key"))?.value, "before");
});

Deno.test("a slot moves under load: no call fails, and limits and versions stay exact", async () => {
  await using service = await startRedisCluster();
  await using one = observeRedis(service.url);
  await using two = observeRedis(service.url);
  const [context, other] = [one, two].map(({ redis }) => createRedisContextStore(redis, systemClock));
  const [limiter, otherLimiter] = [one, two].map(({ redis }) =>
    createRedisRateLimiter(redis, { replicas: 2, clock: manualClock() })
  );
  assert(context && other && limiter && otherLimiter);
  const bucket = { tool: "ctx.get", principal: "default" };

  let stopped = false;
  let writes = 0;
  let allowed = 0;
  let taken = 0;
  const writers = [context, other].map(async (store) => {
    while (!stopped) {
      await store.set("moving", writes, WRITE);
      writes++;
    }
  });
  const callers = [limiter, otherLimiter].map(async (one) => {
    while (!stopped || taken < 2 * LIMIT) {
      const decision = await one.take(bucket, LIMIT, 3600);
      assert.equal(decision.shared, true);
      if (decision.allowed) allowed++;
      taken++;
    }
  });
  const working = Promise.all([...writers, ...callers]).finally(() => stopped = true);
  // Awaited at the end; what fails before must not be lost.
  working.catch(() => {});
  for (const key of ["ctx:moving", "rate_limit:ctx.get:default"]) {
    const from = await service.nodeOf(key);
    const to = service.nodes.find((node) => node !== from);
    assert(to);
    const slot = Number(await service.cli("cluster", "keyslot", key));
    await service.moveSlot(slot, to, async () => {
      const before = writes;
      const deadline = performance.now() + 10_000;
      while (writes < before + 50 && !stopped) {
        assert(performance.now() < deadline, "Writes go on while a slot moves");
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    });
    assert.equal(await service.nodeOf(key), to);
  }
  stopped = true;
  await working;
  assert.equal((await context.get("moving"))?.version, writes);
  assert.equal(allowed, LIMIT);
});

Deno.test("a master of a Cluster with replicas is killed: its replica takes over, and the spool does not count", async () => {
  await using service = await startRedisCluster({ appendonly: true, replicas: 1 });
  await using observed = observeRedis(service.url);
  const checked = Promise.withResolvers<string | undefined>();
  const options = { recordsMax: 10, mayFailOver: false, onCheck: checked.resolve };
  const spool = createRedisAuditSpool(observed.redis, options);
  assert.match(await checked.promise ?? "", /failover to its replica/);
  assert.equal(spool.available, false);

  const context = createRedisContextStore(observed.redis, systemClock);
  await context.set("key", "before", WRITE);
  const master = await service.nodeOf("ctx:key");
  await master.cli("wait", "1", "5000");
  await master.kill();
  const startedMs = performance.now();
  await observed.reached("disconnected");
  const deadline = startedMs + 15_000;
  for (;;) {
    const entry = await context.get("key").catch((error) => assert(error instanceof StorageError));
    if (entry) {
      assert.equal(entry.value, "before");
      break;
    }
    assert(performance.now() < deadline, "The replica takes over");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await observed.reached("connected");
});

Deno.test("a password gets into every node of a Cluster, a wrong one is told without it", async () => {
  const args = ["--requirepass", "s3cret", "--masterauth", "s3cret"];
  await using service = await startRedisCluster({ args, cliArgs: ["-a", "s3cret", "--no-auth-warning"] });
  await using observed = observeRedis(service.url.replace("redis://", "redis://:s3cret@"));
  const context = createRedisContextStore(observed.redis, systemClock);
  for (const key of ["a", "b", "c", "d", "e"]) await context.set(key, key, WRITE);
  await using bus = createRedisEventBus(observed.redis);
  const inbox = await listen(bus, "topic");
  await bus.publish("topic", 1);
  assert.deepEqual(await inbox.take(1), [1]);

  await using refused = observeRedis(service.url.replace("redis://", "redis://:wrong-one@"));
  await refused.reached("disconnected", "WRONGPASS");
  await using nameless = observeRedis(service.url);
  await nameless.reached("disconnected", "NOAUTH");
  assert.doesNotMatch(inspect([refused.told, nameless.told, observed.told]), /s3cret|wrong-one/);
});

Deno.test("closing takes no second, whatever the Cluster does", async () => {
  await using service = await startRedisCluster();
  const close = async (observed: ReturnType<typeof observeRedis>) => {
    assert.ok(await elapsedMs(observed[Symbol.asyncDispose]()) < 1_000);
    await assert.rejects(observed.redis.run("ping", (client) => client.ping()), StorageError);
    assert.equal(observed.redis.state(), "disconnected");
  };
  await close(observeRedis(service.url));
  const connected = observeRedis(service.url);
  await connected.reached("connected");
  await close(connected);
  assert.equal(connected.told.length, 1, "A close that was asked for is no loss");
  const lost = observeRedis(service.url);
  await lost.reached("connected");
  for (const node of service.nodes) await node.kill();
  await lost.reached("disconnected");
  await close(lost);
  await close(observeRedis(service.url));
});
