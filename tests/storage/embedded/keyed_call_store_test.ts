import assert from "node:assert/strict";
import { openDatabase } from "../../../storage/embedded/database.ts";
import { createEmbeddedKeyedCallStore } from "../../../storage/embedded/keyed_call_store.ts";
import { StorageError } from "../../../storage/errors.ts";
import { describeKeyedCallStore } from "../../contracts/keyed_call_store.ts";
import { manualClock } from "../../contracts/manual_clock.ts";

describeKeyedCallStore("the embedded database", async () => {
  const folder = await Deno.makeTempDir({ prefix: "keyed-" });
  const databases = [openDatabase(folder), openDatabase(folder)] as const;
  const clock = manualClock();
  return {
    store: createEmbeddedKeyedCallStore(databases[0], clock),
    other: createEmbeddedKeyedCallStore(databases[1], clock),
    expire: () => Promise.resolve(clock.advance(30_000)),
    async [Symbol.asyncDispose]() {
      databases.forEach((database) => database.close());
      await Deno.remove(folder, { recursive: true });
    },
  };
});

Deno.test("a restart forgets no keyed call, and what has ended is removed from the file", async () => {
  const folder = await Deno.makeTempDir({ prefix: "keyed-" });
  try {
    const clock = manualClock();
    {
      using database = openDatabase(folder);
      await createEmbeddedKeyedCallStore(database, clock).begin("a".repeat(64), "running", 30);
    }
    using database = openDatabase(folder);
    const store = createEmbeddedKeyedCallStore(database, clock);
    assert.equal(await store.get("a".repeat(64)), "running");
    clock.advance(30_000);
    await store.begin("b".repeat(64), "next", 30);
    assert.equal(database.prepare("SELECT count(*) AS n FROM keyed_calls").get()?.["n"], 1);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a database that fails is a StorageError, whatever was asked of the keyed calls", async () => {
  const database = openDatabase(":memory:");
  const store = createEmbeddedKeyedCallStore(database, manualClock());
  database.close();
  const asked = [
    () => store.begin("a", "b", 1),
    () => store.get("a"),
    () => store.replace("a", "b", 1),
    () => store.forget("a"),
  ];
  for (const ask of asked) await assert.rejects(ask, StorageError);
});
