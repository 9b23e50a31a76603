import assert from "node:assert/strict";
import { inspect } from "node:util";
import { systemClock } from "../../../storage/clock.ts";
import { StorageError } from "../../../storage/errors.ts";
import { createRedisAuditSpool } from "../../../storage/redis/audit_spool.ts";
import { createRedisContextStore } from "../../../storage/redis/context_store.ts";
import { createRedisEventBus } from "../../../storage/redis/event_bus.ts";
import { listen } from "../../contracts/event_bus.ts";
import { freePort } from "../../services/process.ts";
import { startRedisSentinel } from "../../services/redis_sentinel.ts";
import { elapsedMs, observeRedis } from "./observed.ts";

const WRITE = { writer: "alice", ttlSeconds: 3600 };
/** The Sentinels take a second to see that the master is down, and then agree. */
const FAILOVER_MS = 20_000;

Deno.test("Sentinels replace a killed master: the context is there again, events too, and the spool does not count", async () => {
  await using service = await startRedisSentinel({ password: "s3cret" });
  await using observed = observeRedis(service.url);
  const spool = (mayFailOver: boolean) => {
    const { promise, resolve } = Promise.withResolvers<string | undefined>();
    const store = createRedisAuditSpool(observed.redis, { recordsMax: 10, mayFailOver, onCheck: resolve });
    return { store, objection: promise };
  };
  const context = createRedisContextStore(observed.redis, systemClock);
  await context.set("key", "before", WRITE);
  await using bus = createRedisEventBus(observed.redis);
  const inbox = await listen(bus, "topic");
  const [strict, daring] = [spool(false), spool(true)];
  assert.match(await strict.objection ?? "", /failover by Sentinels .*AUDIT_SPOOL_REPLICATED=true/);
  assert.equal(strict.store.available, false);
  assert.equal(await daring.objection, undefined);
  assert.equal(daring.store.available, true);
  await service.master.cli("wait", "1", "5000");

  await service.master.kill();
  await observed.reached("disconnected");
  assert.ok(await elapsedMs(assert.rejects(context.get("key"), StorageError)) < 1_500);
  await observed.reached("connected", "", FAILOVER_MS);
  assert.equal((await context.get("key"))?.value, "before");
  assert.equal((await context.set("key", "after", WRITE)).version, 2);
  assert.equal(await service.replica.cli("get", "ctx:key"), "after");
  const publishing = setInterval(() => void bus.publish("topic", "after").catch(() => {}), 20);
  try {
    assert.deepEqual(await inbox.take(1), ["after"]);
  } finally {
    clearInterval(publishing);
  }
  assert.doesNotMatch(inspect(observed.told), /s3cret/);
  assert.match(observed.told[0] ?? "", /^connected 127\.0\.0\.1:\d+,127\.0\.0\.1:\d+,127\.0\.0\.1:\d+\/mymaster$/);
});

Deno.test("Sentinels that are all away, or know no such master, are told; closing takes no second", async () => {
  const ports = [await freePort(), await freePort()];
  const away = observeRedis(`redis+sentinel://${ports.map((port) => `127.0.0.1:${port}`).join(",")}/mymaster`);
  await away.reached("disconnected", "All sentinels are unreachable");
  assert.ok(await elapsedMs(assert.rejects(away.redis.run("ping", (client) => client.ping()), StorageError)) < 1_500);
  assert.ok(await elapsedMs(away[Symbol.asyncDispose]()) < 1_000);

  await using service = await startRedisSentinel();
  await using other = observeRedis(service.url.replace(/mymaster$/, "other"));
  await other.reached("disconnected", "All sentinels are unreachable");
});

/** The driver waits two seconds for a frozen Sentinel to agree to its end, longer than the test: hence the last one. */
Deno.test({
  name: "a Sentinel is frozen and one is gone: the third one says where the master is",
  fn: askTheThird,
  sanitizeOps: false,
  sanitizeResources: false,
});

async function askTheThird() {
  await using service = await startRedisSentinel();
  const [first, second] = service.sentinels;
  first?.signal("SIGSTOP");
  await second?.[Symbol.asyncDispose]();
  await using observed = observeRedis(service.url);
  await observed.reached("connected");
  assert.equal(await observed.redis.run("ping", (client) => client.ping()), "PONG");
}
