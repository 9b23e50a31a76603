import assert from "node:assert/strict";
import { StorageError } from "../../../storage/errors.ts";
import { openRedis } from "../../../storage/redis/connection.ts";
import { createRedisKeyedCallStore } from "../../../storage/redis/keyed_call_store.ts";
import { describeKeyedCallStore } from "../../contracts/keyed_call_store.ts";
import { startRedis } from "../../services/redis.ts";

async function openReplicas() {
  await using stack = new AsyncDisposableStack();
  const service = stack.use(await startRedis());
  const redis = stack.use(openRedis(service.url, { onState: () => {} }));
  const other = stack.use(openRedis(service.url, { onState: () => {} }));
  const owned = stack.move();
  return { service, redis, other, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

describeKeyedCallStore("Redis", async () => {
  const { service, redis, other, ...subject } = await openReplicas();
  return {
    ...subject,
    store: createRedisKeyedCallStore(redis),
    other: createRedisKeyedCallStore(other),
    async expire(sha256) {
      assert.equal(await service.cli("PEXPIREAT", `idempotency:${sha256}`, "1"), "1");
    },
  };
});

Deno.test("keyed calls have the documented name in Redis and end by themselves; a Redis that is gone is a StorageError", async () => {
  await using replicas = await openReplicas();
  const { service, redis } = replicas;
  const store = createRedisKeyedCallStore(redis);
  await store.begin("a".repeat(64), "entry", 30);
  assert.equal(await service.cli("KEYS", "*"), `idempotency:${"a".repeat(64)}`);
  const ttl = Number(await service.cli("TTL", `idempotency:${"a".repeat(64)}`));
  assert(ttl > 20 && ttl <= 30, String(ttl));
  await service.kill();
  const asked = [
    () => store.begin("a", "b", 1),
    () => store.get("a"),
    () => store.replace("a", "b", 1),
    () => store.forget("a"),
  ];
  for (const ask of asked) await assert.rejects(ask, StorageError);
});
