import assert from "node:assert/strict";
import { openDatabase } from "../../../storage/embedded/database.ts";
import { createMemoryTicketStore } from "../../../storage/embedded/ticket_store.ts";
import { createEmbeddedTokenStore } from "../../../storage/embedded/token_store.ts";
import { StorageError } from "../../../storage/errors.ts";
import { manualClock } from "../../contracts/manual_clock.ts";
import { describeTicketStore } from "../../contracts/ticket_store.ts";
import { describeTokenStore, tokenRecord, TOKENS_MAX as tokensMax } from "../../contracts/token_store.ts";

describeTokenStore("the embedded database", async () => {
  const folder = await Deno.makeTempDir({ prefix: "tokens-" });
  // Two connections to one file, as a server and the command line have them.
  const databases = [openDatabase(folder), openDatabase(folder)] as const;
  const clock = manualClock();
  return {
    store: createEmbeddedTokenStore(databases[0], clock, { tokensMax }),
    other: createEmbeddedTokenStore(databases[1], clock, { tokensMax }),
    nowMs: clock.now(),
    async [Symbol.asyncDispose]() {
      databases.forEach((database) => database.close());
      await Deno.remove(folder, { recursive: true });
    },
  };
});

describeTicketStore("the store in memory", () => {
  const clock = manualClock();
  const store = createMemoryTicketStore(clock);
  return Promise.resolve({
    store,
    other: store,
    expire: () => Promise.resolve(clock.advance(30_000)),
    async [Symbol.asyncDispose]() {},
  });
});

Deno.test("API keys outlive the process: they are there when the database is opened again", async () => {
  const folder = await Deno.makeTempDir({ prefix: "tokens-" });
  try {
    const clock = manualClock();
    const token = tokenRecord("a");
    for (const kept of [[], [token]]) {
      const database = openDatabase(folder);
      const store = createEmbeddedTokenStore(database, clock);
      assert.deepEqual(await store.list(), kept);
      if (kept.length === 0) await store.add(token);
      database.close();
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a database that fails is a StorageError, whatever was asked", async () => {
  const database = openDatabase(":memory:");
  const store = createEmbeddedTokenStore(database, manualClock());
  database.close();
  for (
    const access of [
      () => store.add(tokenRecord("a")),
      () => store.find("a"),
      () => store.list(),
      () => store.expire("a", 0),
      () => store.revoke("a"),
    ]
  ) {
    await assert.rejects(access, { name: "StorageError", message: /^Cannot .* in the embedded database$/ });
  }
  assert.throws(() => createEmbeddedTokenStore(database, manualClock()), StorageError);
});

Deno.test("tickets in memory are bounded by kind: one too many is refused, and throws nobody else out", async () => {
  const clock = manualClock();
  const store = createMemoryTicketStore(clock, { ticketsMax: 3 });
  for (const digest of ["a", "b"]) await store.put("session", digest, digest, 3600);
  await store.put("session", "c", "c", 30);
  await assert.rejects(store.put("session", "d", "d", 30), {
    name: "StorageError",
    message: "Cannot keep a ticket for session: this process has 3, expected fewer",
  });
  await store.put("session", "a", "again", 3600);
  await store.put("upgrade", "d", "d", 30);
  assert.deepEqual(
    await Promise.all(["a", "b", "c", "d"].map((digest) => store.get("session", digest))),
    ["again", "b", "c", undefined],
  );
  clock.advance(30_000);
  await store.put("session", "d", "d", 30);
  assert.equal(await store.get("session", "d"), "d");
  await store.take("session", "b");
  await store.put("session", "e", "e", 30);
});
