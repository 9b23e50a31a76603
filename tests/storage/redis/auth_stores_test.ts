import assert from "node:assert/strict";
import { StorageError } from "../../../storage/errors.ts";
import { openRedis } from "../../../storage/redis/connection.ts";
import { createRedisTicketStore } from "../../../storage/redis/ticket_store.ts";
import { createRedisTokenStore } from "../../../storage/redis/token_store.ts";
import { manualClock } from "../../contracts/manual_clock.ts";
import { describeTicketStore } from "../../contracts/ticket_store.ts";
import { describeTokenStore, tokenRecord, TOKENS_MAX as tokensMax } from "../../contracts/token_store.ts";
import { startRedis } from "../../services/redis.ts";
import { elapsedMs, observeRedis } from "./observed.ts";

/** A Redis with two connections, as two replicas have them. */
async function openReplicas() {
  await using stack = new AsyncDisposableStack();
  const service = stack.use(await startRedis());
  const redis = stack.use(openRedis(service.url, { onState: () => {} }));
  const other = stack.use(openRedis(service.url, { onState: () => {} }));
  const owned = stack.move();
  return { service, redis, other, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

describeTokenStore("Redis", async () => {
  const { redis, other, ...subject } = await openReplicas();
  const clock = manualClock();
  return {
    ...subject,
    store: createRedisTokenStore(redis, clock, { tokensMax }),
    other: createRedisTokenStore(other, clock, { tokensMax }),
    nowMs: clock.now(),
  };
});

describeTicketStore("Redis", async () => {
  const { service, redis, other, ...subject } = await openReplicas();
  return {
    ...subject,
    store: createRedisTicketStore(redis),
    other: createRedisTicketStore(other),
    async expire(kind, sha256) {
      assert.equal(await service.cli("PEXPIREAT", `auth:${kind}:${sha256}`, "1"), "1");
    },
  };
});

Deno.test("API keys and tickets have the documented names in Redis; tickets end by themselves, keys do not", async () => {
  await using replicas = await openReplicas();
  const { service, redis } = replicas;
  const tokens = createRedisTokenStore(redis, manualClock());
  const tickets = createRedisTicketStore(redis);
  const token = tokenRecord("a");
  await tokens.add(token);
  await tickets.put("upgrade", "u".repeat(64), "payload", 30);
  await tickets.put("session", "s".repeat(64), "payload", 3600);

  const ttl = async (key: string) => Number(await service.cli("TTL", key));
  const [upgrade, session] = [`auth:upgrade:${"u".repeat(64)}`, `auth:session:${"s".repeat(64)}`];
  assert.deepEqual((await service.cli("KEYS", "*")).split("\n").sort(), [
    session,
    "auth:token:a000000000000000",
    "auth:tokens",
    upgrade,
  ]);
  assert.ok(await ttl(upgrade) > 20 && await ttl(upgrade) <= 30);
  assert.ok(await ttl(session) > 3590 && await ttl(session) <= 3600);
  assert.equal(await ttl(`auth:token:${token.id}`), -1);
  assert.equal(await ttl("auth:tokens"), -1);
  await tokens.revoke(token.id);
  assert.equal(await service.cli("EXISTS", `auth:token:${token.id}`, "auth:tokens"), "0");
});

Deno.test("what somebody wrote by hand and is no key lets nobody in, and hides no other", async () => {
  await using replicas = await openReplicas();
  const { service, redis } = replicas;
  const tokens = createRedisTokenStore(redis, manualClock());
  const token = tokenRecord("a");
  await tokens.add(token);
  const sound = { sha256: token.sha256, name: "eve", roles: '["admin"]', created_at_ms: "1" };
  const broken: readonly Readonly<Record<string, string>>[] = [
    { ...sound, sha256: "" },
    { ...sound, sha256: token.sha256.toUpperCase() },
    { ...sound, roles: "admin" },
    { ...sound, roles: '{"length":1}' },
    { ...sound, created_at_ms: "yesterday" },
    { ...sound, expires_at_ms: "never" },
    { name: "eve" },
  ];
  for (const [index, fields] of broken.entries()) {
    const id = `hand${index}`.padEnd(16, "0");
    await service.cli("HSET", `auth:token:${id}`, ...Object.entries(fields).flat());
    await service.cli("ZADD", "auth:tokens", "+inf", id);
    assert.equal(await tokens.find(id), undefined, JSON.stringify(fields));
  }
  await service.cli("ZADD", "auth:tokens", "+inf", "gone000000000000");
  assert.deepEqual(await tokens.list(), [token]);
});

Deno.test("while Redis is killed or frozen API keys and tickets fail within their deadline", async () => {
  await using service = await startRedis();
  await using observed = observeRedis(service.url);
  const tokens = createRedisTokenStore(observed.redis, manualClock());
  const tickets = createRedisTicketStore(observed.redis);
  await tokens.add(tokenRecord("a"));
  const accesses = [
    () => tokens.add(tokenRecord("b")),
    () => tokens.find("a"),
    () => tokens.list(),
    () => tokens.expire("a", 0),
    () => tokens.revoke("a"),
    () => tickets.put("upgrade", "a", "a", 30),
    () => tickets.get("session", "a"),
    () => tickets.take("upgrade", "a"),
  ];
  service.signal("SIGSTOP");
  assert.ok(await elapsedMs(assert.rejects(tokens.find("a"), /answer within 1000 ms$/)) < 1_500);
  await observed.reached("disconnected");
  service.signal("SIGCONT");
  await observed.reached("connected");
  assert.deepEqual(await tokens.find(tokenRecord("a").id), tokenRecord("a"));

  await service.kill();
  await observed.reached("disconnected", "ECONNREFUSED");
  for (const access of accesses) {
    assert.ok(await elapsedMs(assert.rejects(access, StorageError)) < 250, String(access));
  }
});

Deno.test("ten thousand API keys are listed within the deadline, and there is no room for another", async () => {
  await using replicas = await openReplicas();
  const tokens = createRedisTokenStore(replicas.redis, manualClock());
  for (let from = 0; from < 10_000; from += 1_000) {
    await Promise.all(Array.from({ length: 1_000 }, (_, i) => tokens.add(tokenRecord(`k${from + i}x`))));
  }
  assert.equal((await tokens.list()).length, 10_000);
  await assert.rejects(tokens.add(tokenRecord("more")), { name: "TokenLimitError" });
});
