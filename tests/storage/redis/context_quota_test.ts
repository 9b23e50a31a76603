import assert from "node:assert/strict";
import { systemClock } from "../../../storage/clock.ts";
import { QuotaExceededError } from "../../../storage/errors.ts";
import { openRedis } from "../../../storage/redis/connection.ts";
import { type ContextAccounts, createContextAccounts } from "../../../storage/redis/context_quota.ts";
import { createRedisContextStore } from "../../../storage/redis/context_store.ts";
import { describeContextQuota, usage } from "../../contracts/context_quota.ts";
import { startRedis } from "../../services/redis.ts";

const QUOTA = { keysMax: 100, bytesMax: 10_000 };
const WRITE = { writer: "alice", ttlSeconds: 3600, quota: QUOTA };
const ENDS = "quota:{ctx:alice}:ends";
const BYTES = "quota:{ctx:alice}:bytes";

async function openContext() {
  await using stack = new AsyncDisposableStack();
  const service = stack.use(await startRedis());
  const [redis, otherRedis] = [
    stack.use(openRedis(service.url, { onState: () => {} })),
    stack.use(openRedis(service.url, { onState: () => {} })),
  ];
  const owned = stack.move();
  const store = createRedisContextStore(redis, systemClock);
  return {
    service,
    redis,
    store,
    other: createRedisContextStore(otherRedis, systemClock),
    accounts: createContextAccounts(redis),
    async outlived(key: string): Promise<void> {
      const deadline = performance.now() + 5_000;
      while (await store.get(key)) assert.ok(performance.now() < deadline, `${key} is still there after 5 s`);
    },
    /** How many scripts Redis has run. */
    async scripts(): Promise<number> {
      const stats = await service.cli("INFO", "commandstats");
      return [...stats.matchAll(/cmdstat_eval(?:sha)?:calls=(\d+)/g)].reduce(
        (sum, [, calls]) => sum + Number(calls),
        0,
      );
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

describeContextQuota("the context in Redis", openContext);

/** A write that is reserved and never happens, as where a replica is killed between the two. */
function abandon(accounts: ContextAccounts, key: string, text: string, ttlSeconds = 3600) {
  return accounts.reserve({ writer: "alice", key, text, ttlSeconds }, QUOTA);
}

Deno.test("without a quota there is no account, and a write is one script", async () => {
  await using opened = await openContext();
  const { store, service, scripts } = opened;
  await store.set("warm", "value", { writer: "alice", ttlSeconds: 60 });
  const before = await scripts();
  await store.set("key", "value", { writer: "alice", ttlSeconds: 60 });
  await store.set("key", "value", { writer: "bob", ttlSeconds: 60 });
  assert.equal(await scripts() - before, 2);
  assert.deepEqual(
    (await service.cli("KEYS", "*")).split("\n").sort(),
    ["ctx:key", "ctx:warm", "meta:{ctx:key}", "meta:{ctx:warm}"],
  );
});

Deno.test("an account is two keys outside ctx:*, and ends with the last of what is on it", async (t) => {
  await using opened = await openContext();
  const { store, service } = opened;

  await t.step("its keys", async () => {
    await store.set("long", "value", { ...WRITE, ttlSeconds: 600 });
    await store.set("brief", "value", { ...WRITE, ttlSeconds: 60 });
    assert.deepEqual((await service.cli("KEYS", "ctx:*")).split("\n").sort(), ["ctx:brief", "ctx:long"]);
    assert.deepEqual((await service.cli("KEYS", "quota:*")).split("\n").sort(), [BYTES, ENDS]);
    for (const key of [BYTES, ENDS]) {
      const ttl = Number(await service.cli("TTL", key));
      assert.ok(ttl > 590 && ttl <= 600, `${key}: ${ttl} s`);
    }
  });

  await t.step("its name has braces only where the slot is said", async () => {
    await store.set("odd", "value", { ...WRITE, writer: "{a}:\ud800/ü" });
    const keys = (await service.cli("KEYS", "quota:{ctx:%*")).split("\n").sort();
    const account = "quota:{ctx:%7Ba%7D%3A%EF%BF%BD%2F%C3%BC}";
    assert.deepEqual(keys, [`${account}:bytes`, `${account}:ends`]);
  });

  await t.step("it is gone when nothing is on it", async () => {
    for (const key of ["long", "brief"]) await store.set(key, "value", { ...WRITE, writer: "bob" });
    assert.equal(await service.cli("EXISTS", BYTES, ENDS), "0");
  });
});

Deno.test("what a crash leaves on an account is too much, never too little, and ends", async (t) => {
  await using opened = await openContext();
  const { store, accounts, service } = opened;

  await t.step("a write that never happened counts until the end it was to have", async () => {
    await abandon(accounts, "lost", "value", 1);
    assert.deepEqual(await usage(store, "alice"), { keys: 1, bytes: 9 });
    const deadline = performance.now() + 5_000;
    while ((await usage(store, "alice")).keys > 0) assert.ok(performance.now() < deadline, "Still there after 5 s");
    assert.equal(await service.cli("EXISTS", BYTES, ENDS), "0");
  });

  await t.step("one over a value of the writer's counts as the larger of both", async () => {
    await store.set("key", "value", WRITE);
    await abandon(accounts, "key", "v");
    assert.deepEqual(await usage(store, "alice"), { keys: 1, bytes: 8 });
    await abandon(accounts, "key", "longer value");
    assert.deepEqual(await usage(store, "alice"), { keys: 1, bytes: 15 });
  });

  await t.step("any number of them is one key, as large as the largest, in a bounded record", async () => {
    const first = await abandon(accounts, "many", "x".repeat(100));
    for (let write = 0; write < 200; write++) await abandon(accounts, "many", "x".repeat(write % 50));
    await accounts.release("many", first);
    assert.deepEqual(await usage(store, "alice"), { keys: 2, bytes: 15 + 104 });
    const record = await service.cli("HGET", BYTES, ":many");
    assert.equal(JSON.parse(record).length, 64);
  });
});

Deno.test("a release that comes late takes nothing off that was reserved since", async () => {
  await using opened = await openContext();
  const { store, accounts } = opened;
  const late = await abandon(accounts, "key", "value");
  await store.set("key", "value", WRITE);
  for (let times = 0; times < 2; times++) {
    await accounts.release("key", late);
    assert.deepEqual(await usage(store, "alice"), { keys: 1, bytes: 8 });
  }
});

Deno.test("values set by hand are on no account", async () => {
  await using opened = await openContext();
  const { store, service } = opened;
  await service.cli("SET", "ctx:hand", "theirs");
  assert.deepEqual(await usage(store, "alice"), { keys: 0, bytes: 0 });
  await store.set("hand", "ours", WRITE);
  await service.cli("SET", "ctx:hand", "theirs again");
  await store.set("hand", "bob's", { ...WRITE, writer: "bob" });
  assert.deepEqual(await usage(store, "alice"), { keys: 0, bytes: 0 });
  assert.deepEqual(await usage(store, "bob"), { keys: 1, bytes: 9 });
});

Deno.test("a write of unknown fate stays on the account, so that the quota holds", async () => {
  await using opened = await openContext();
  const { store, service } = opened;
  await service.cli("RPUSH", "ctx:list", "one");
  const write = { ...WRITE, quota: { keysMax: 1, bytesMax: 100 } };
  await assert.rejects(store.set("list", "value", write), { name: "StorageError" });
  await assert.rejects(store.set("key", "value", write), QuotaExceededError);
});

Deno.test("an account that is far behind catches up, a part with each script", async () => {
  await using opened = await openContext();
  const { store, service, scripts } = opened;
  const quota = { keysMax: 1_000, bytesMax: 1_000_000 };
  const keys = Array.from({ length: 1_000 }, (_, index) => `key ${index}`);
  await Promise.all(keys.map((key) => store.set(key, "", { writer: "alice", ttlSeconds: 3600, quota })));
  await service.cli("ZADD", ENDS, ...keys.flatMap((key) => ["1", key]));
  const before = await scripts();
  await store.set("live", "", { writer: "alice", ttlSeconds: 3600, quota });
  assert.equal(await scripts() - before, 2, "One that is behind by 900 has room for one key");
  assert.equal(await service.cli("ZCARD", ENDS), "901");
  await store.set("large", "", { writer: "alice", ttlSeconds: 3600, quota: { ...quota, keysMax: 2 } });
  assert.equal(await service.cli("ZCARD", ENDS), "2");
  assert.equal(await scripts() - before, 2 + 9 + 1);
});
