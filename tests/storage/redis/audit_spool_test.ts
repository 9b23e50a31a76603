import assert from "node:assert/strict";
import { createRedisAuditSpool } from "../../../storage/redis/audit_spool.ts";
import { openRedis } from "../../../storage/redis/connection.ts";
import { describeAuditSpool } from "../../contracts/audit_spool.ts";
import { type RedisOptions, type RedisService, startRedis } from "../../services/redis.ts";

/** A spool on a Redis, once it has been looked at; `objection` is what was found against it. */
function openSpool(redis: Pick<RedisService, "url">, mayFailOver = false) {
  const connection = openRedis(redis.url, { onState: () => {} });
  let checked = Promise.withResolvers<string | undefined>();
  const spool = createRedisAuditSpool(connection, {
    recordsMax: 100,
    mayFailOver,
    onCheck: (objection) => {
      checked.resolve(objection);
      checked = Promise.withResolvers();
    },
  });
  const nextCheck = () => checked.promise;
  return { connection, spool, nextCheck, [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose]() };
}

describeAuditSpool("Redis audit spool", async () => {
  await using closing = new AsyncDisposableStack();
  const redis = closing.use(await startRedis({ appendonly: true }));
  const opened = closing.use(openSpool(redis));
  assert.equal(await opened.nextCheck(), undefined);
  assert.equal(opened.spool.available, true);
  const kept = closing.move();
  return {
    spool: opened.spool,
    putByHand: async (text) => void await redis.cli("xadd", "audit:spool", "*", "record", text),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
});

const OBJECTIONS: readonly (readonly [name: string, options: RedisOptions, objection: RegExp | undefined])[] = [
  ["its append-only file off", {}, /append-only/],
  [
    "a policy that evicts any key",
    { appendonly: true, args: ["--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru"] },
    /evict.*allkeys-lru/,
  ],
  [
    "a policy that evicts keys with an expiry",
    { appendonly: true, args: ["--maxmemory", "100mb", "--maxmemory-policy", "volatile-lru"] },
    undefined,
  ],
  ["no memory bound at all", { appendonly: true, args: ["--maxmemory-policy", "allkeys-lru"] }, undefined],
];
for (const [name, options, objection] of OBJECTIONS) {
  Deno.test(`a Redis with ${name} is ${objection ? "no" : "a"} place for records`, async () => {
    await using redis = await startRedis(options);
    await using opened = openSpool(redis);
    const found = await opened.nextCheck();
    if (objection) assert.match(found ?? "", objection);
    else assert.equal(found, undefined);
    assert.equal(opened.spool.available, !objection);
  });
}

Deno.test("a Redis with a replica is no place for records, unless one takes the risk of a failover", async () => {
  await using redis = await startRedis({ appendonly: true });
  await using replica = await startRedis({ args: ["--replicaof", `127.0.0.1 ${redis.port}`] });
  const deadline = performance.now() + 10_000;
  while (!/^master_link_status:up/m.test(await replica.cli("info", "replication"))) {
    assert(performance.now() < deadline);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await using strict = openSpool(redis);
  assert.match(await strict.nextCheck() ?? "", /failover to its replica .*AUDIT_SPOOL_REPLICATED=true/);
  assert.equal(strict.spool.available, false);
  await using daring = openSpool(redis, true);
  assert.equal(await daring.nextCheck(), undefined);
  assert.equal(daring.spool.available, true);
});

Deno.test("a Redis is looked at again at each connect, and keeps its records over a kill", async () => {
  await using redis = await startRedis({ appendonly: true });
  await using opened = openSpool(redis);
  await opened.nextCheck();
  await redis.cli("xadd", "audit:spool", "*", "record", "by hand");
  const again = opened.nextCheck();
  await redis.kill();
  await redis.restart();
  assert.equal(await again, undefined);
  assert.equal(opened.spool.available, true);
  assert.equal(await opened.spool.count(), 1);
  const off = opened.nextCheck();
  await redis.cli("config", "set", "appendonly", "no");
  await redis.cli("client", "kill", "type", "normal");
  assert.match(await off ?? "", /append-only/);
  assert.equal(opened.spool.available, false);
});
