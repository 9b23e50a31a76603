import assert from "node:assert/strict";
import { systemClock } from "../../../storage/clock.ts";
import { createRedisAuditSpool } from "../../../storage/redis/audit_spool.ts";
import { createRedisCache } from "../../../storage/redis/cache.ts";
import { openRedis } from "../../../storage/redis/connection.ts";
import { createRedisContextStore } from "../../../storage/redis/context_store.ts";
import { createRedisEventBus } from "../../../storage/redis/event_bus.ts";
import { createRedisMcpSessionStore } from "../../../storage/redis/mcp_session_store.ts";
import { createRedisRateLimiter } from "../../../storage/redis/rate_limiter.ts";
import { createRedisTicketStore } from "../../../storage/redis/ticket_store.ts";
import { createRedisTokenStore } from "../../../storage/redis/token_store.ts";
import { describeAuditSpool } from "../../contracts/audit_spool.ts";
import { describeCache } from "../../contracts/cache.ts";
import { describeContextQuota } from "../../contracts/context_quota.ts";
import { describeContextStore } from "../../contracts/context_store.ts";
import { describeEventBus } from "../../contracts/event_bus.ts";
import { manualClock } from "../../contracts/manual_clock.ts";
import { describeMcpSessionStore } from "../../contracts/mcp_session_store.ts";
import { describeRateLimiter } from "../../contracts/rate_limiter.ts";
import { describeTicketStore } from "../../contracts/ticket_store.ts";
import { describeTokenStore, TOKENS_MAX as tokensMax } from "../../contracts/token_store.ts";
import { startRedisCluster } from "../../services/redis_cluster.ts";

/** A Redis Cluster with two connections, as two replicas have them, and a way to end the life of a key. */
async function openReplicas({ appendonly = false } = {}) {
  await using stack = new AsyncDisposableStack();
  const service = stack.use(await startRedisCluster({ appendonly }));
  const redis = stack.use(openRedis(service.url, { onState: () => {} }));
  const other = stack.use(openRedis(service.url, { onState: () => {} }));
  const owned = stack.move();
  return {
    service,
    redis,
    other,
    async expire(key: string): Promise<void> {
      assert.equal(await service.cli("PEXPIREAT", key, "1"), "1");
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

describeContextStore("the context in a Redis Cluster", async () => {
  const { redis, other, expire, ...subject } = await openReplicas();
  const clock = manualClock();
  return {
    ...subject,
    store: createRedisContextStore(redis, clock),
    other: createRedisContextStore(other, clock),
    nowMs: clock.now(),
    expire: (key) => expire(`ctx:${key}`),
  };
});

describeContextQuota("the context in a Redis Cluster", async () => {
  const { redis, other, ...subject } = await openReplicas();
  const store = createRedisContextStore(redis, systemClock);
  return {
    ...subject,
    store,
    other: createRedisContextStore(other, systemClock),
    async outlived(key: string): Promise<void> {
      const deadline = performance.now() + 5_000;
      while (await store.get(key)) assert.ok(performance.now() < deadline, `${key} is still there after 5 s`);
    },
  };
});

describeCache("the cache in a Redis Cluster", async () => {
  const { redis, expire, ...subject } = await openReplicas();
  return { ...subject, cache: createRedisCache(redis), expire: (key) => expire(`cache:${key}`) };
});

describeRateLimiter("the rate limiter in a Redis Cluster", async () => {
  const { redis, other, expire, ...subject } = await openReplicas();
  const options = { replicas: 2, clock: manualClock() };
  return {
    ...subject,
    limiter: createRedisRateLimiter(redis, options),
    other: createRedisRateLimiter(other, options),
    endWindow: ({ tool, principal }) => expire(`rate_limit:${tool}:${principal}`),
  };
});

describeEventBus("the bus in a Redis Cluster", async (onListenerError) => {
  await using stack = new AsyncDisposableStack();
  const { redis, other, ...replicas } = await openReplicas();
  stack.use(replicas);
  const bus = stack.use(createRedisEventBus(redis, { onListenerError }));
  const otherBus = stack.use(createRedisEventBus(other, { onListenerError }));
  const owned = stack.move();
  return { bus, other: otherBus, [Symbol.asyncDispose]: () => owned.disposeAsync() };
});

describeTokenStore("Redis Cluster", async () => {
  const { redis, other, ...subject } = await openReplicas();
  const clock = manualClock();
  return {
    ...subject,
    store: createRedisTokenStore(redis, clock, { tokensMax }),
    other: createRedisTokenStore(other, clock, { tokensMax }),
    nowMs: clock.now(),
  };
});

describeTicketStore("Redis Cluster", async () => {
  const { redis, other, expire, ...subject } = await openReplicas();
  return {
    ...subject,
    store: createRedisTicketStore(redis),
    other: createRedisTicketStore(other),
    expire: (kind, sha256) => expire(`auth:${kind}:${sha256}`),
  };
});

describeMcpSessionStore("Redis Cluster", async () => {
  const { redis, other, expire, ...subject } = await openReplicas();
  return {
    ...subject,
    store: createRedisMcpSessionStore(redis),
    other: createRedisMcpSessionStore(other),
    expire: (id) => expire(`mcp:session:{${id}}`),
    expireLease: (id, lease) => expire(`mcp:session:{${id}}:lease:${lease}`),
  };
});

describeAuditSpool("Redis Cluster audit spool", async () => {
  const { redis, service, ...subject } = await openReplicas({ appendonly: true });
  const checked = Promise.withResolvers<string | undefined>();
  const spool = createRedisAuditSpool(redis, { recordsMax: 100, mayFailOver: false, onCheck: checked.resolve });
  assert.equal(await checked.promise, undefined);
  return {
    ...subject,
    spool,
    putByHand: async (text) => void await service.cli("xadd", "audit:spool", "*", "record", text),
  };
});

Deno.test("the guide's names are the keys of a Cluster too, spread over its nodes and listed from all", async () => {
  await using replicas = await openReplicas();
  const { redis, service } = replicas;
  const context = createRedisContextStore(redis, systemClock);
  const keys = Array.from({ length: 60 }, (_, i) => `key ${`${i}`.padStart(2, "0")}`);
  for (const key of [...keys, "version"]) {
    await context.set(key, key, { writer: "alice", ttlSeconds: 60, quota: { keysMax: 100, bytesMax: 100_000 } });
  }
  await createRedisCache(redis).set("prom:up", "[]", 300);
  await createRedisCache(redis).set("k8s:pods:default", "[]", 60);
  const limiter = createRedisRateLimiter(redis, { replicas: 1, clock: manualClock() });
  await limiter.take({ tool: "ctx.get", principal: "default" }, 5, 60);

  assert.equal(await service.cli("GET", "ctx:version"), "version");
  assert.equal(await service.cli("GET", "cache:prom:up"), "[]");
  assert.equal(await service.cli("GET", "cache:k8s:pods:default"), "[]");
  assert.equal(await service.cli("GET", "rate_limit:ctx.get:default"), "1");
  assert.equal(await service.cli("HGET", "meta:{ctx:version}", "writer"), "alice");
  for (const node of service.nodes) assert.match(await node.cli("KEYS", "*"), /ctx:key/);
  assert.deepEqual(await context.keys("key ", 100), keys);
  assert.equal((await context.keys("key ", 7)).length, 7);
});
