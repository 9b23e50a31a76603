import assert from "node:assert/strict";
import { createEmbeddedContextStore } from "../../../storage/embedded/context_store.ts";
import { openDatabase } from "../../../storage/embedded/database.ts";
import { StorageError } from "../../../storage/errors.ts";
import { manualClock } from "../../contracts/manual_clock.ts";

Deno.test("context outlives the process: it is there when the database is opened again", async () => {
  const dir = await Deno.makeTempDir({ prefix: "context_" });
  try {
    const clock = manualClock();
    const write = { writer: "alice", ttlSeconds: 60 };
    for (const version of [1, 2, 3]) {
      const database = openDatabase(dir);
      const context = createEmbeddedContextStore(database, clock);
      assert.equal((await context.get("key"))?.version ?? 0, version - 1);
      assert.equal((await context.set("key", version, write)).version, version);
      database.close();
    }
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("seconds to live are rounded up, and the entry is gone when they are over", async () => {
  const database = openDatabase(":memory:");
  const clock = manualClock();
  const context = createEmbeddedContextStore(database, clock);
  await context.set("key", "value", { writer: "alice", ttlSeconds: 2 });
  const ttl = async (advanceMs: number) => {
    clock.advance(advanceMs);
    return (await context.get("key"))?.ttlSeconds;
  };
  assert.deepEqual([await ttl(1), await ttl(998), await ttl(1), await ttl(999)], [2, 2, 1, 1]);
  assert.equal(await ttl(1), undefined);
  database.close();
});

Deno.test("expired entries are removed by later writes, a few with each", async () => {
  const database = openDatabase(":memory:");
  const clock = manualClock();
  const context = createEmbeddedContextStore(database, clock);
  const rows = () => database.prepare("SELECT count(*) AS rows FROM context").get()?.rows;
  for (let key = 0; key < 100; key++) await context.set(`${key}`, key, { writer: "alice", ttlSeconds: 1 });
  assert.equal(rows(), 100);
  clock.advance(1_000);
  for (let write = 0; write < 20; write++) await context.set("live", write, { writer: "alice", ttlSeconds: 60 });
  assert.equal(rows(), 1);
  database.close();
});

Deno.test("a database that fails is a StorageError with its cause", async () => {
  const database = openDatabase(":memory:");
  const context = createEmbeddedContextStore(database, manualClock());
  database.close();
  const failed = { name: "StorageError", message: /^Cannot [gs]et context "key" in the embedded database$/ };
  await assert.rejects(context.get("key"), failed);
  await assert.rejects(context.set("key", 1, { writer: "alice", ttlSeconds: 1 }), failed);
  assert.throws(() => createEmbeddedContextStore(database, manualClock()), StorageError);
});
