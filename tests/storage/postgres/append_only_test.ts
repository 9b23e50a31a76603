import assert from "node:assert/strict";
import { v7 } from "uuid";
import { createChain, verifyRecords } from "../../../storage/audit/chain.ts";
import { createGroupCommitLog } from "../../../storage/audit/group_commit.ts";
import { systemClock } from "../../../storage/clock.ts";
import { createPostgresAuditStore } from "../../../storage/postgres/audit_store.ts";
import { entryWith } from "../../contracts/audit_entries.ts";
import { startPostgres } from "../../services/postgres.ts";
import { observe } from "./subject.ts";

Deno.test("audit_logs in Postgres only ever grows", async (t) => {
  await using service = await startPostgres();
  await using store = createPostgresAuditStore(observe(service.url).connection);
  await store.write(createChain(v7()).seal([entryWith()]));

  for (
    const change of [
      "UPDATE audit_logs SET method = 'x'",
      "UPDATE audit_logs SET method = 'x' WHERE false",
      "WITH removed AS (DELETE FROM audit_logs RETURNING id) SELECT FROM removed",
      "DELETE FROM audit_logs",
      "TRUNCATE audit_logs",
      "INSERT INTO audit_logs OVERRIDING SYSTEM VALUE SELECT * FROM audit_logs ON CONFLICT (event_id) DO UPDATE SET method = 'x'",
      "MERGE INTO audit_logs l USING (SELECT 1) AS one ON true WHEN MATCHED THEN DELETE",
    ]
  ) {
    await t.step(`${change} is refused, to the owner and to a superuser`, async () => {
      for (const user of ["aiagent", "postgres"]) {
        await assert.rejects(service.psql(change, { user }), /audit_logs: the audit log is append-only/);
      }
    });
  }
  assert.equal((await store.query({ limit: 10 })).length, 1);

  await t.step(
    "a role that may insert and read needs no more, and one that may only insert can write again too",
    async () => {
      const asOwner = { user: "postgres" };
      await service.psql(
        [
          `CREATE ROLE writer LOGIN PASSWORD '${service.password}'`,
          "GRANT USAGE ON SCHEMA audit TO writer",
          "GRANT SELECT ON audit.migrations TO writer",
          "GRANT INSERT ON audit_logs TO writer",
        ].flatMap((sql) => ["-c", sql]),
        asOwner,
      );
      await using limited = createPostgresAuditStore(observe(service.url.replace("aiagent:", "writer:")).connection);
      const batch = createChain(v7()).seal([entryWith(), entryWith()]);
      await limited.write(batch);
      await limited.write(batch);
      await assert.rejects(limited.query({ limit: 1 }), /permission denied/);
      await service.psql("GRANT SELECT ON audit_logs TO writer", asOwner);
      await limited.write(batch);
      assert.equal((await limited.query({ limit: 10 })).length, 3);
    },
  );

  await t.step("a forged place in a chain does not keep the true record out", async () => {
    const chain = createChain(v7());
    const [first, second] = chain.seal([entryWith(), entryWith()]);
    assert(first && second);
    await store.write([first]);
    await store.write([{ ...second, eventId: v7(), method: "forged" }]);
    await store.write([second]);
    const records = (await store.query({ limit: 3 })).toReversed();
    assert.equal(verifyRecords(records)?.record.method, "forged");
    assert.equal(verifyRecords([first, second]), undefined);
  });

  await t.step("ids that somebody took by hand keep no record out: it goes in under the next free one", async () => {
    const [{ id } = { id: 0 }] = await store.query({ limit: 1 });
    const columns = (await service.psql([
      "-Atc",
      `SELECT string_agg(quote_ident(attname), ', ') FROM pg_attribute
       WHERE attrelid = 'audit_logs'::regclass AND attnum > 0 AND attname NOT IN ('id', 'event_id')`,
    ])).trim();
    await service.psql(
      `INSERT INTO audit_logs (id, event_id, ${columns}) OVERRIDING SYSTEM VALUE
       SELECT ${id} + n, gen_random_uuid(), ${columns} FROM audit_logs, generate_series(2, 5) AS n WHERE id = ${id}`,
    );
    const chain = createChain(v7());
    await using log = createGroupCommitLog(
      createPostgresAuditStore(observe(service.url).connection),
      chain,
      { clock: systemClock },
    );
    await Promise.all([log.append(entryWith()), log.append(entryWith()), log.append(entryWith())]);
    const kept = (await store.query({ limit: 20 })).filter(({ chainId }) => chainId === chain.id);
    assert.deepEqual(kept.map(({ seq }) => seq).sort(), [1, 2, 3]);
  });
});
