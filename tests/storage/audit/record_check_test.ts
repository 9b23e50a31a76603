import assert from "node:assert/strict";
import type { DatabaseSync } from "node:sqlite";
import type { StoredAuditRecord } from "../../../storage/audit_log.ts";
import { createRecordCheck, type RecordCheckOptions } from "../../../storage/audit/record_check.ts";
import { createEmbeddedAuditStore } from "../../../storage/embedded/audit_store.ts";
import { snapshotOf } from "../../../storage/embedded/audit_reader.ts";
import { createEmbeddedChainRegister } from "../../../storage/embedded/chain_register.ts";
import { openDatabase } from "../../../storage/embedded/database.ts";
import { newSigner, writeChain } from "../../contracts/audit_chains.ts";
import { manualClock } from "../../contracts/manual_clock.ts";

const COUNT = 130;
const { signal } = new AbortController();

async function setUp(options: Partial<RecordCheckOptions> = {}, isClosed = false) {
  const database = openDatabase(":memory:");
  const store = createEmbeddedAuditStore(database);
  const signer = newSigner();
  const chain = writeChain(signer, COUNT);
  await store.write(chain.records);
  if (isClosed) await createEmbeddedChainRegister(database).close(chain.closing());
  const check = createRecordCheck({
    reader: { snapshot: (work) => work(snapshotOf(database)) },
    trustedKeys: new Set([signer.publicKey]),
    lastCheckpoint: () => undefined,
    clock: manualClock(),
    ...options,
  });
  return {
    chain,
    tamper: (...statements: readonly string[]) => tamper(database, statements),
    async check(seq: number) {
      const record = (await store.query({ limit: 1000 })).find((one) => one.seq === seq);
      assert(record);
      return await check.check(record satisfies StoredAuditRecord, signal);
    },
    [Symbol.dispose]: () => database.close(),
  };
}

function tamper(database: DatabaseSync, statements: readonly string[]): void {
  const triggers = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'trigger'").all();
  for (const { name } of triggers) database.exec(`DROP TRIGGER ${name}`);
  for (const statement of statements) database.exec(statement);
}

Deno.test("a record is held to what is signed before and behind it, where that is near", async () => {
  using near = await setUp({}, true);
  const { part, before, behind, findings, isOpened, isLast } = await near.check(12);
  assert.deepEqual({ part, findings, isOpened, isLast }, {
    part: { fromSeq: 0, throughSeq: COUNT },
    findings: [],
    isOpened: true,
    isLast: false,
  });
  assert.match(`${before} ${behind}`, /^The signed opening of the chain The closing of /);
  using far = await setUp({ reachRecords: 5 }, true);
  const alone = await far.check(12);
  assert.deepEqual([alone.part, alone.before, alone.behind], [{ fromSeq: 11, throughSeq: 13 }, undefined, undefined]);
  const last = await far.check(COUNT);
  assert.deepEqual([last.isLast, last.before], [true, undefined]);
  assert.match(`${last.behind}`, /^The closing/);
});

Deno.test("this process's own checkpoint counts where the log has come that far", async () => {
  using log = await setUp({ lastCheckpoint: () => log.chain.checkpointAt(20) });
  assert.match(`${(await log.check(18)).behind}`, /^The checkpoint of /);
  // What waits in the spool is not missing.
  const waiting = writeChain(newSigner(), 1).checkpointAt(1);
  using spooled = await setUp({ lastCheckpoint: () => ({ ...waiting, chainId: spooled.chain.id, seq: COUNT + 5 }) });
  const { behind, findings } = await spooled.check(18);
  assert.deepEqual([behind, findings], [undefined, []]);
});

Deno.test("what was done to a record or its neighbours shows, and where", async (t) => {
  const done: readonly [string, string, number, readonly [string, number | undefined]][] = [
    ["the record changed", "UPDATE audit_logs SET params = '{}' WHERE seq = 12", 12, ["changed", 12]],
    ["the one before changed", "UPDATE audit_logs SET params = '{}' WHERE seq = 12", 13, ["changed", 12]],
    ["the one behind changed", "UPDATE audit_logs SET params = '{}' WHERE seq = 12", 11, ["changed", 12]],
    ["the one before gone", "DELETE FROM audit_logs WHERE seq = 11", 12, ["missing", 11]],
    ["the one behind gone", "DELETE FROM audit_logs WHERE seq = 13", 12, ["missing", 13]],
    ["the chain's opening gone", "DELETE FROM audit_chain_openings", 12, ["inserted", 11]],
    [
      "its link and hash rewritten",
      "UPDATE audit_logs SET prev_hash = hash WHERE seq = 12",
      12,
      ["changed", 12],
    ],
  ];
  for (const [name, statement, seq, expected] of done) {
    await t.step(name, async () => {
      // Only the neighbours are read, and both ends are out of reach.
      using log = await setUp({ reachRecords: 1 });
      log.tamper(statement);
      const { findings: [first] } = await log.check(seq);
      assert.deepEqual([first?.kind, first?.seq], expected);
    });
  }
  await t.step("a change further away, up to what is signed", async () => {
    using log = await setUp({}, true);
    log.tamper("UPDATE audit_logs SET params = '{}' WHERE seq = 25");
    const { findings: [first] } = await log.check(12);
    assert.deepEqual([first?.kind, first?.seq], ["changed", 25]);
  });
  await t.step("an end that was cut off, by the closing", async () => {
    using log = await setUp({}, true);
    log.tamper("DELETE FROM audit_logs WHERE seq > 20");
    const { findings: [first] } = await log.check(20);
    assert.deepEqual([first?.kind, first?.seq], ["missing", 21]);
  });
});

Deno.test("where its time is over the neighbours are what was checked, and it says so", async () => {
  let ms = 0;
  // Each look at the clock takes its time.
  using log = await setUp({ clock: { elapsed: () => ms += 2 }, deadlineMs: 1 }, true);
  log.tamper("UPDATE audit_logs SET params = '{}' WHERE seq = 12");
  const { part, late, before, findings: [first] } = await log.check(12);
  assert.deepEqual([part, late, before], [
    { fromSeq: 11, throughSeq: 13 },
    { fromSeq: 0, throughSeq: COUNT },
    undefined,
  ]);
  assert.deepEqual([first?.kind, first?.seq], ["changed", 12]);
});
