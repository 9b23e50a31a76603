import assert from "node:assert/strict";
import { inspect } from "node:util";
import { systemClock } from "../../../storage/clock.ts";
import { StorageError, VersionConflictError } from "../../../storage/errors.ts";
import { openRedis } from "../../../storage/redis/connection.ts";
import { createRedisContextStore } from "../../../storage/redis/context_store.ts";
import { freePort } from "../../services/process.ts";
import { startRedis } from "../../services/redis.ts";
import { rejection } from "./observed.ts";

const WRITE = { writer: "alice", ttlSeconds: 3600 };

async function openContext(args: readonly string[] = []) {
  await using stack = new AsyncDisposableStack();
  const service = stack.use(await startRedis({ args }));
  const redis = stack.use(openRedis(service.url, { onState: () => {} }));
  const owned = stack.move();
  return {
    service,
    context: createRedisContextStore(redis, systemClock),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

Deno.test("the guide's redis-cli commands print the guide's output", async () => {
  await using opened = await openContext();
  const { context, service } = opened;
  await context.set("user", "alice", WRITE);
  await context.set("role", { name: "admin" }, WRITE);
  await context.set("version", "1.0.0", WRITE);
  assert.deepEqual((await service.cli("KEYS", "ctx:*")).split("\n").sort(), ["ctx:role", "ctx:user", "ctx:version"]);
  assert.equal(await service.cli("GET", "ctx:version"), "1.0.0");
  assert.equal(await service.cli("GET", "ctx:role"), '{"name":"admin"}');
  for (const key of ["ctx:version", "meta:{ctx:version}"]) {
    const ttl = Number(await service.cli("TTL", key));
    assert.ok(ttl > 3590 && ttl <= 3600, `${key}: ${ttl} s`);
  }
});

/** A cluster of one node that has every slot, and refuses a script whose keys are in two. */
async function openCluster() {
  const args = ["--cluster-enabled", "yes", "--cluster-port", `${await freePort()}`];
  const opened = await openContext(args);
  await opened.service.cli("CLUSTER", "ADDSLOTSRANGE", "0", "16383");
  const deadline = performance.now() + 10_000;
  while (!(await opened.service.cli("CLUSTER", "INFO")).includes("cluster_state:ok")) {
    assert.ok(performance.now() < deadline, "The cluster is not up after 10 s");
  }
  return opened;
}

Deno.test("in a cluster a value and its meta are in one slot, and an account is in one", async () => {
  await using opened = await openCluster();
  const { context, service } = opened;
  const slot = (key: string) => service.cli("CLUSTER", "KEYSLOT", key);
  const quota = { keysMax: 10, bytesMax: 1_000 };
  for (const key of ["version", "a:b", "ü", "%7Bbob%7D/x"]) {
    assert.equal(await slot(`ctx:${key}`), await slot(`meta:{ctx:${key}}`));
    for (const writer of ["alice", "{alice}", "b}ob"]) await context.set(key, "value", { ...WRITE, writer, quota });
    assert.equal((await context.get(key))?.version, 3);
  }
});

Deno.test("values written by hand", async (t) => {
  await using opened = await openContext();
  const { context, service } = opened;

  await t.step("a new one is version 1, of no writer, at no time, without end", async () => {
    await service.cli("SET", "ctx:hand", '{"by": "hand"}');
    const expected = { value: { by: "hand" }, version: 1, writer: "", writtenAtMs: 0, ttlSeconds: undefined };
    assert.deepEqual(await context.get("hand"), expected);
    assert.equal((await context.set("hand", "ours", { ...WRITE, expectedVersion: 1 })).version, 2);
    assert.equal((await context.get("hand"))?.writer, "alice");
  });

  await t.step("one over ours is the next version, so that who read ours gets a conflict", async () => {
    await context.set("shared", "ours", WRITE);
    await context.set("shared", "ours still", WRITE);
    await service.cli("SET", "ctx:shared", "theirs", "EX", "60");
    const expected = { value: "theirs", version: 3, writer: "", writtenAtMs: 0, ttlSeconds: 60 };
    assert.deepEqual(await context.get("shared"), expected);
    await assert.rejects(context.set("shared", "lost", { ...WRITE, expectedVersion: 2 }), VersionConflictError);
    assert.equal((await context.set("shared", "ours again", { ...WRITE, expectedVersion: 3 })).version, 4);
  });

  await t.step("a longer life given by hand changes no version", async () => {
    await context.set("longer", "ours", WRITE);
    await service.cli("EXPIRE", "ctx:longer", "100");
    assert.deepEqual((await context.get("longer"))?.version, 1);
    assert.deepEqual((await context.get("longer"))?.ttlSeconds, 100);
  });

  await t.step("meta that is none of ours is replaced", async () => {
    await service.cli("SET", "meta:{ctx:odd}", "a string");
    assert.equal((await context.set("odd", "ours", WRITE)).version, 1);
    assert.equal((await context.get("odd"))?.writer, "alice");
    await service.cli("HSET", "meta:{ctx:odd}", "version", "many");
    await service.cli("SET", "ctx:odd", "theirs");
    assert.equal((await context.get("odd"))?.version, 1);
  });

  await t.step("a key of another type is a StorageError, and stays as it is", async () => {
    await service.cli("RPUSH", "ctx:list", "one");
    await assert.rejects(context.get("list"), StorageError);
    const error = await rejection(context.set("list", "s3cret", WRITE));
    assert.match(error.message, /^Cannot set context "list": Redis at .* answered ".*WRONGTYPE/);
    assert.doesNotMatch(inspect(error, { depth: 10 }), /s3cret/);
    assert.equal(await service.cli("LRANGE", "ctx:list", "0", "-1"), "one");
    assert.equal(await service.cli("EXISTS", "meta:{ctx:list}"), "0");
  });
});

Deno.test("entries that are asked for in one turn are read by one command, each as if it were alone", async (t) => {
  await using opened = await openContext();
  const { context, service } = opened;
  const keys = Array.from({ length: 70 }, (_, i) => `key ${i}`);
  for (const key of keys) await context.set(key, { of: key }, WRITE);
  await service.cli("RPUSH", "ctx:list", "one");
  await service.cli("SET", "ctx:hand", "by hand");
  const reads = async () => {
    const stats = await service.cli("INFO", "commandstats");
    return Number(/cmdstat_evalsha:calls=(\d+)/.exec(stats)?.[1]);
  };

  await t.step("many, and one of them twice", async () => {
    await Promise.all([context.get("key 0"), context.get("key 1")]); // Redis knows the script from here on.
    const before = await reads();
    const found = await Promise.all([...keys, "key 3", "missing", "hand"].map((key) => context.get(key)));
    assert.equal(await reads() - before, 2); // 64 entries each.
    const written = { version: 1, writer: "alice", ttlSeconds: 3600 };
    for (const [i, key] of [...keys, "key 3"].entries()) {
      const { writtenAtMs: _, ...entry } = found[i] ?? {};
      assert.deepEqual(entry, { value: { of: key }, ...written });
    }
    const byHand = { value: "by hand", version: 1, writer: "", writtenAtMs: 0, ttlSeconds: undefined };
    assert.deepEqual(found.slice(-2), [undefined, byHand]);
  });

  await t.step("one that cannot be read fails alone, and says why", async () => {
    const [first, list, second] = await Promise.allSettled(["key 1", "list", "key 2"].map((key) => context.get(key)));
    assert.match(String(list?.status === "rejected" && list.reason), /Cannot get context "list": .*WRONGTYPE/);
    assert.deepEqual([first?.status, second?.status], ["fulfilled", "fulfilled"]);
  });

  await t.step("where none can be read no caller is told of another's key", async () => {
    await using broken = await openContext();
    await broken.service.cli("ACL", "SETUSER", "default", "-evalsha", "-eval");
    const ended = await Promise.allSettled(["alice's", "bob's"].map((key) => broken.context.get(key)));
    for (const one of ended) {
      assert.match(
        String(one.status === "rejected" && one.reason),
        /^StorageError: Cannot get context: Redis at .* answered/,
      );
    }
  });

  await t.step("what was written before a read is seen by it", async () => {
    const stale = context.get("key 5");
    await context.set("key 5", "new", WRITE);
    assert.equal((await context.get("key 5"))?.value, "new");
    await stale;
  });
});

Deno.test("where keys are in several places each entry is read by itself", async () => {
  await using opened = await openCluster();
  const { context } = opened;
  const keys = ["version", "user", "role"];
  for (const key of keys) await context.set(key, key, WRITE);
  for (let round = 0; round < 2; round++) {
    const found = await Promise.all(keys.map((key) => context.get(key)));
    assert.deepEqual(found.map((entry) => entry?.value), keys);
  }
});

Deno.test("the scripts survive that Redis forgets them", async () => {
  await using opened = await openContext();
  const { context, service } = opened;
  await context.set("key", 0, WRITE);
  await context.set("key", 0, WRITE);
  await service.cli("SCRIPT", "FLUSH");
  const versions = await Promise.all(Array.from({ length: 20 }, () => context.set("key", 1, WRITE)));
  assert.equal(new Set(versions.map(({ version }) => version)).size, 20);
  await service.cli("SCRIPT", "FLUSH");
  assert.equal((await context.get("key"))?.version, 22);
});

Deno.test("value and meta end together, at the time that was given", async () => {
  await using opened = await openContext();
  const { context, service } = opened;
  await context.set("brief", "value", { writer: "alice", ttlSeconds: 1 });
  const deadline = performance.now() + 3_000;
  while (await context.get("brief")) assert.ok(performance.now() < deadline, "Still there after 3 s");
  assert.ok(performance.now() > deadline - 3_000 + 900, "Gone before its time");
  assert.equal(await service.cli("EXISTS", "meta:{ctx:brief}"), "0");
});
