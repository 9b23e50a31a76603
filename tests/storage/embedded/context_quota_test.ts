import assert from "node:assert/strict";
import { createEmbeddedContextStore } from "../../../storage/embedded/context_store.ts";
import { openDatabase } from "../../../storage/embedded/database.ts";
import { StorageError } from "../../../storage/errors.ts";
import { describeContextQuota, usage } from "../../contracts/context_quota.ts";
import { manualClock } from "../../contracts/manual_clock.ts";

describeContextQuota("the embedded database", async () => {
  const dir = await Deno.makeTempDir({ prefix: "context_" });
  const databases = [openDatabase(dir), openDatabase(dir)] as const;
  const clock = manualClock();
  return {
    store: createEmbeddedContextStore(databases[0], clock),
    other: createEmbeddedContextStore(databases[1], clock),
    outlived: () => Promise.resolve(clock.advance(1_000)),
    async [Symbol.asyncDispose]() {
      databases.forEach((database) => database.close());
      await Deno.remove(dir, { recursive: true });
    },
  };
});

Deno.test("a file from before there were quotas is counted when it is opened, and once", async () => {
  const database = openDatabase(":memory:");
  database.exec(`
    CREATE TABLE context (
      key TEXT NOT NULL PRIMARY KEY, value BLOB NOT NULL, version INTEGER NOT NULL, writer TEXT NOT NULL,
      written_at_ms INTEGER NOT NULL, expires_at_ms INTEGER NOT NULL
    ) STRICT;
    INSERT INTO context VALUES ('one', x'313233', 1, 'alice', 0, 9e15), ('zwei', x'31', 1, 'alice', 0, 9e15),
      ('three', x'', 1, 'bob', 0, 9e15);
  `);
  const clock = manualClock();
  for (const _ of ["first", "second"]) {
    const context = createEmbeddedContextStore(database, clock);
    assert.deepEqual(await usage(context, "alice"), { keys: 2, bytes: 3 + 3 + 4 + 1 });
    assert.deepEqual(await usage(context, "bob"), { keys: 1, bytes: 5 });
  }
  database.close();
});

Deno.test("a writer whose entries are all gone leaves no row behind", async () => {
  const database = openDatabase(":memory:");
  const clock = manualClock();
  const context = createEmbeddedContextStore(database, clock);
  for (let writer = 0; writer < 5; writer++) {
    await context.set(`${writer}`, "value", { writer: `w${writer}`, ttlSeconds: 1 });
  }
  clock.advance(1_000);
  await context.set("live", "value", { writer: "alice", ttlSeconds: 1 });
  const rows = database.prepare("SELECT writer, keys, bytes FROM context_usage").all();
  assert.deepEqual(rows.map((row) => ({ ...row })), [{ writer: "alice", keys: 1, bytes: 9 }]);
  database.close();
});

Deno.test("a write that fails in its transaction is taken back, and is a StorageError", async () => {
  const database = openDatabase(":memory:");
  const context = createEmbeddedContextStore(database, manualClock());
  database.exec("DROP TABLE context_usage");
  const write = { writer: "alice", ttlSeconds: 60, quota: { keysMax: 9, bytesMax: 99 } };
  await assert.rejects(context.set("key", 1, write), StorageError);
  assert.equal(database.isTransaction, false);
  assert.equal(await context.get("key"), undefined);
  database.close();
});
