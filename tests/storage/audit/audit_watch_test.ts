import assert from "node:assert/strict";
import type { DatabaseSync } from "node:sqlite";
import type { AuditRecord } from "../../../storage/audit_log.ts";
import { type AuditWatchOptions, createAuditWatch } from "../../../storage/audit/audit_watch.ts";
import type { Finding } from "../../../storage/audit/finding.ts";
import { retain } from "../../../storage/audit/retention.ts";
import { systemClock } from "../../../storage/clock.ts";
import { createEmbeddedAuditRetention } from "../../../storage/embedded/audit_reader.ts";
import { createEmbeddedAuditStore } from "../../../storage/embedded/audit_store.ts";
import { createEmbeddedChainRegister } from "../../../storage/embedded/chain_register.ts";
import { openDatabase } from "../../../storage/embedded/database.ts";
import { newSigner, STARTED_MS, writeChain } from "../../contracts/audit_chains.ts";

const signer = newSigner();
const trustedKeys = new Set([signer.publicKey]);

/** A watch that runs when the test says so, over a log in a file. */
async function open(more: Partial<AuditWatchOptions> = {}) {
  const folder = await Deno.makeTempDir({ prefix: "audit-" });
  const database = openDatabase(folder);
  const retention = createEmbeddedAuditRetention(folder);
  const told: (readonly Finding[])[] = [];
  const unreadable: unknown[] = [];
  const watch = createAuditWatch({
    reader: retention,
    everyMs: 3_600_000,
    trustedKeys,
    clock: systemClock,
    onFindings: (findings) => told.push(findings),
    onUnreadable: (error) => unreadable.push(error),
    ...more,
  });
  return {
    store: createEmbeddedAuditStore(database),
    register: createEmbeddedChainRegister(database),
    retention,
    watch,
    unreadable,
    /** What was told since this was last asked. */
    told: () => told.splice(0).flat().map(({ kind, chainId, seq }) => [kind, chainId, seq]),
    /** Runs SQL that no trigger minds. */
    tamper: (sql: string) => withoutTriggers(database, sql),
    async [Symbol.asyncDispose]() {
      await watch[Symbol.asyncDispose]();
      database.close();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

function withoutTriggers(database: DatabaseSync, sql: string): void {
  const triggers = database.prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").all();
  for (const { name } of triggers) database.exec(`DROP TRIGGER ${name}`);
  database.exec(sql);
  for (const { sql: trigger } of triggers) database.exec(String(trigger));
}

Deno.test("each run verifies what was added since the last, of every chain, and nothing is found where nothing was done", async () => {
  await using log = await open();
  const { store, register, watch } = log;
  assert.deepEqual(watch.state, { verified: 0, findings: 0, lastRunMs: undefined });
  const [one, two] = [writeChain(signer, 250), writeChain(signer, 5)];
  await store.write(one.records.slice(0, 150));
  const before = Date.now();
  await watch.run();
  // The history is verified a second time at once: there is little of it.
  assert.equal(watch.state.verified, 300);
  assert(watch.state.lastRunMs !== undefined && watch.state.lastRunMs >= before);
  await store.write([...one.records.slice(150), ...two.records]);
  await register.close(two.closing());
  await watch.run();
  await watch.run();
  assert.deepEqual(log.told(), []);
  assert.equal(watch.state.findings, 0);
  assert.deepEqual(log.unreadable, []);
});

Deno.test("what is done to the end of what was seen is told at the next run", async () => {
  await using log = await open();
  const chain = writeChain(signer, 20);
  await log.store.write(chain.records.slice(0, 10));
  await log.watch.run();
  log.tamper(`UPDATE audit_logs SET method = 'x' WHERE seq IN (10, 11)`);
  await log.store.write(chain.records.slice(10));
  log.tamper(`UPDATE audit_logs SET method = 'x' WHERE seq = 15`);
  await log.watch.run();
  assert.deepEqual(log.told(), [["changed", chain.id, 10], ["changed", chain.id, 15]]);
  await log.watch.run();
  assert.deepEqual(log.told(), [], "nothing is told twice");
  assert.equal(log.watch.state.findings, 2);
});

Deno.test("a change of an old record that nobody adds to is found by the sweep through the history", async () => {
  await using log = await open();
  const chains = [writeChain(signer, 120), writeChain(signer, 3)];
  for (const { records } of chains) await log.store.write(records);
  await log.watch.run();
  const [old] = chains;
  assert(old);
  log.tamper(`UPDATE audit_logs SET principal = 'x' WHERE chain_id = '${old.id}' AND seq = 7`);
  await log.watch.run();
  assert.deepEqual(log.told(), [["changed", old.id, 7]]);
});

Deno.test("a sweep through a long history goes on where the last run left off", async () => {
  await using log = await open({ sweepRecords: 1000 });
  const chain = writeChain(signer, 2500);
  await log.store.write(chain.records);
  // All are new, and the first are verified again; then a part a run, and from the beginning. A part ends with a page,
  // whose first record was verified before.
  const expected = [3500, 1000, 500, 1000];
  let before = 0;
  for (const added of expected) {
    await log.watch.run();
    const verified = log.watch.state.verified - before;
    assert(Math.abs(verified - added) <= 100, `${verified}`);
    before = log.watch.state.verified;
  }
  log.tamper("UPDATE audit_logs SET principal = 'x' WHERE seq = 1900");
  await log.watch.run();
  assert.deepEqual(log.told(), [["changed", chain.id, 1900]]);
});

Deno.test("what is missing is told when it is missing a second time, and not where it was only late", async () => {
  await using log = await open();
  const chain = writeChain(signer, 12);
  const parts = [chain.records.slice(0, 4), chain.records.slice(4, 8), chain.records.slice(8)] as const;
  await log.store.write(parts[0]);
  await log.watch.run();
  // A spool is drained while the replica writes to the log again.
  await log.store.write(parts[2]);
  await log.watch.run();
  assert.deepEqual(log.told(), []);
  await log.store.write(parts[1]);
  await log.watch.run();
  await log.watch.run();
  assert.deepEqual(log.told(), []);
  log.tamper(`DELETE FROM audit_logs WHERE seq > 9`);
  await log.watch.run();
  assert.deepEqual(log.told(), []);
  await log.watch.run();
  assert.deepEqual(log.told(), [["missing", chain.id, 10]]);
  await log.watch.run();
  assert.deepEqual(log.told(), []);
});

Deno.test("a whole chain that was seen and is gone is told, its opening gone or not", async () => {
  await using log = await open();
  const chains = [writeChain(signer, 3), writeChain(signer, 3)] as const;
  await log.store.write(chains.flatMap(({ records }) => records));
  await log.watch.run();
  log.tamper(`DELETE FROM audit_logs; DELETE FROM audit_chain_openings WHERE chain_id = '${chains[0].id}'`);
  await log.watch.run();
  await log.watch.run();
  assert.deepEqual(log.told().toSorted(), chains.map(({ id }) => ["missing", id, 1]).toSorted());
});

Deno.test("records that no chain knows, and chains of other keys, are told", async () => {
  await using log = await open();
  const [forged, foreign] = [writeChain(signer, 2), writeChain(newSigner(), 2)];
  await log.store.write(forged.records.map(({ opening: _, ...record }): AuditRecord => record));
  await log.store.write(foreign.records);
  await log.watch.run();
  const told = log.told();
  assert.deepEqual(told.filter(([, id]) => id === forged.id), [["inserted", forged.id, 1]]);
  assert.deepEqual(told.filter(([, id]) => id === foreign.id), [["forged", foreign.id, undefined], [
    "inserted",
    foreign.id,
    1,
  ]]);
});

Deno.test("where no key is kept, any that a chain names counts", async () => {
  await using log = await open({ trustedKeys: undefined });
  await log.store.write(writeChain(newSigner(), 2).records);
  await log.watch.run();
  assert.deepEqual(log.told(), []);
});

Deno.test("what retention removes is not missing, and the chain goes on", async () => {
  await using log = await open();
  const chain = writeChain(signer, 20);
  await log.store.write(chain.records.slice(0, 10));
  await log.watch.run();
  for (const seconds of [5, 60]) {
    const beforeMs = STARTED_MS + seconds * 1000;
    await Array.fromAsync(retain(log.retention, { beforeMs, signer, trustedKeys, now: Date.now, dryRun: false }));
    await log.watch.run();
    await log.watch.run();
    assert.deepEqual(log.told(), []);
  }
  await log.store.write(chain.records.slice(10));
  await log.watch.run();
  log.tamper("DELETE FROM audit_logs WHERE seq = 15");
  await log.watch.run();
  await log.watch.run();
  assert.deepEqual(log.told(), [["missing", chain.id, 15]]);
});

Deno.test("a log that cannot be read is told, is no finding, and is read again", async () => {
  let isAway = true;
  await using log = await open();
  const told: unknown[] = [];
  await using watch = createAuditWatch({
    reader: { snapshot: (work) => isAway ? Promise.reject(new Error("away")) : log.retention.snapshot(work) },
    everyMs: 3_600_000,
    trustedKeys,
    clock: systemClock,
    onFindings: () => assert.fail("nothing was done"),
    onUnreadable: (error) => told.push(error),
  });
  await log.store.write(writeChain(signer, 3).records);
  await watch.run();
  assert.equal(told.length, 1);
  assert.equal(watch.state.lastRunMs, undefined);
  isAway = false;
  await watch.run();
  assert.equal(told.length, 1);
  assert(watch.state.lastRunMs !== undefined);
});

Deno.test("the timer runs it, and a stop in the middle of a run ends it within its bound and tells nothing", async () => {
  const { promise: reached, resolve, reject } = Promise.withResolvers<void>();
  // The watch's own timer holds no process open.
  const deadline = setTimeout(() => reject(new Error("It did not run")), 5000);
  const reader: AuditWatchOptions["reader"] = {
    snapshot: () => {
      resolve();
      return new Promise(() => {});
    },
  };
  await using log = await open({ reader, everyMs: 5 });
  await reached;
  clearTimeout(deadline);
  const startedMs = performance.now();
  await log.watch[Symbol.asyncDispose]();
  assert(performance.now() - startedMs < 2000);
  assert.deepEqual([log.told(), log.unreadable], [[], []]);
});
