import assert from "node:assert/strict";
import type { AuditRecord, AuditStore } from "../../../storage/audit_log.ts";
import { createChain } from "../../../storage/audit/chain.ts";
import { printRecord } from "../../../storage/audit/spooled_record.ts";
import { createSpoolingStore } from "../../../storage/audit/spooling_store.ts";
import { createEmbeddedAuditSpool } from "../../../storage/embedded/audit_spool.ts";
import { openDatabase } from "../../../storage/embedded/database.ts";
import { StorageError } from "../../../storage/errors.ts";
import { entryWith } from "../../contracts/audit_entries.ts";

/** A store and a spool that a test can take away, with a drain that is told of. */
function lab() {
  const database = openDatabase(":memory:");
  const spool = createEmbeddedAuditSpool(database, { recordsMax: 1000 });
  const written = new Map<string, AuditRecord>();
  let onWrite = () => {};
  const drained: number[] = [];
  const rejected: (readonly string[])[] = [];
  let told = Promise.withResolvers<void>();
  const tell = () => {
    told.resolve();
    told = Promise.withResolvers();
  };
  const store = {
    available: true as boolean,
    write(batch: readonly AuditRecord[]) {
      onWrite();
      for (const record of batch) written.set(record.eventId, record);
      return Promise.resolve();
    },
    query: () => Promise.resolve([]),
    scan: () => Promise.resolve({ records: [], next: undefined, isOverdue: false }),
    sums: () => Promise.resolve([]),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  } satisfies AuditStore;
  const flags = { spool: true };
  const guarded = Object.defineProperty({ ...spool }, "available", { get: () => flags.spool });
  const spooling = createSpoolingStore(store, guarded, {
    onDrained: (records) => (drained.push(records), tell()),
    onRejected: (names) => (rejected.push(names), tell()),
  });
  return {
    database,
    store,
    spool,
    flags,
    spooling,
    written,
    drained,
    rejected,
    told: () => told.promise,
    failWrites: (fail: () => void) => onWrite = fail,
    async [Symbol.asyncDispose]() {
      await spooling[Symbol.asyncDispose]();
      database.close();
    },
  };
}

const seal = (count: number) => createChain("chain-1").seal(Array.from({ length: count }, () => entryWith()));

Deno.test("while the store is there nothing is spooled", async () => {
  await using it = lab();
  await it.spooling.write(seal(3));
  assert.deepEqual([it.written.size, await it.spool.count(), it.spooling.spooling], [3, 0, false]);
});

Deno.test("a store that is away is not asked: the batch is spooled, and moved once it is back", async () => {
  await using it = lab();
  it.store.available = false;
  assert.deepEqual([it.spooling.available, it.spooling.spooling], [true, true]);
  const records = seal(3);
  await it.spooling.write(records);
  assert.deepEqual([it.written.size, await it.spool.count()], [0, 3]);
  const told = it.told();
  it.store.available = true;
  await told;
  assert.deepEqual([...it.written.values()].map(printRecord), records.map(printRecord));
  assert.deepEqual([it.drained, await it.spool.count()], [[3], 0]);
});

Deno.test("a batch that the store may have taken before it failed is spooled all the same", async () => {
  await using it = lab();
  let first = true;
  it.failWrites(() => {
    if (!first) return;
    first = false;
    it.store.available = false;
    throw new StorageError("The answer was lost");
  });
  await it.spooling.write(seal(2));
  assert.equal(await it.spool.count(), 2);
  const told = it.told();
  it.store.available = true;
  await told;
  assert.equal(it.written.size, 2);
});

Deno.test("a store that is there and takes nothing counts as away until it takes a batch, from here or from the spool", async () => {
  await using it = lab();
  let full = true;
  it.failWrites(() => {
    if (full) throw new StorageError("The disk is full");
  });
  await it.spooling.write(seal(2));
  assert.deepEqual([it.spooling.spooling, await it.spool.count()], [true, 2]);
  full = false;
  await it.spooling.write(seal(1));
  assert.deepEqual([it.spooling.spooling, it.written.size], [false, 1]);

  full = true;
  await it.spooling.write(seal(1));
  assert.equal(it.spooling.spooling, true);
  const told = it.told();
  full = false;
  await told;
  while (it.spooling.spooling) await new Promise((resolve) => setTimeout(resolve, 1));
  assert.deepEqual([it.written.size, await it.spool.count()], [4, 0]);
});

Deno.test("a record leaves the spool only once the log has it", async () => {
  await using it = lab();
  it.store.available = false;
  await it.spooling.write(seal(2));
  let tries = 0;
  it.failWrites(() => {
    if (++tries < 3) throw new StorageError("Not yet");
  });
  const told = it.told();
  it.store.available = true;
  await told;
  assert.deepEqual([tries, it.written.size, await it.spool.count()], [3, 2, 0]);
});

Deno.test("more than one batch is moved without waiting for the next look", async () => {
  await using it = lab();
  it.store.available = false;
  for (const batch of [seal(400), seal(400)]) await it.spooling.write(batch);
  it.store.available = true;
  while (it.written.size < 800) await it.told();
  assert.deepEqual(it.drained, [500, 300]);
});

Deno.test("with neither store nor spool a write fails, and the store's own words are passed on", async () => {
  await using it = lab();
  it.flags.spool = false;
  it.failWrites(() => {
    throw new StorageError("The disk is full");
  });
  await assert.rejects(it.spooling.write(seal(1)), /The disk is full/);
  it.store.available = false;
  assert.deepEqual([it.spooling.available, it.spooling.spooling], [false, false]);
  await assert.rejects(it.spooling.write(seal(1)), StorageError);
});

Deno.test("what is no record is put aside and holds up none", async () => {
  await using it = lab();
  it.store.available = false;
  it.database.prepare("INSERT INTO audit_spool (record) VALUES (?)").run("no record");
  await it.spooling.write(seal(1));
  it.store.available = true;
  while (it.rejected.length === 0) await it.told();
  assert.deepEqual([it.written.size, it.drained, it.rejected, await it.spool.count()], [1, [1], [["1"]], 0]);
});
