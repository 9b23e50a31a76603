import assert from "node:assert/strict";
import { v7 } from "uuid";
import { createChain, verifyRecords } from "../../../storage/audit/chain.ts";
import { createPostgresAuditReader } from "../../../storage/postgres/audit_reader.ts";
import { createPostgresAuditRetention } from "../../../storage/postgres/audit_retention.ts";
import { createPostgresAuditStore } from "../../../storage/postgres/audit_store.ts";
import { migrate, readMigrations } from "../../../storage/postgres/migrate.ts";
import { entryWith } from "../../contracts/audit_entries.ts";
import { describeAuditStore } from "../../contracts/audit_store.ts";
import { startPgBouncer } from "../../services/pgbouncer.ts";
import { startPostgres } from "../../services/postgres.ts";
import { observe } from "./subject.ts";

const POOLED = { environment: { PG_PREPARE: "false" } };

/** Two replicas' stores behind one pooler in transaction mode. */
describeAuditStore("Postgres behind a pooler", async () => {
  await using stack = new AsyncDisposableStack();
  const service = stack.use(await startPostgres());
  const pooler = stack.use(await startPgBouncer(service));
  const open = () => stack.use(createPostgresAuditStore(observe(pooler.url, POOLED).connection));
  const [store, other] = [open(), open()];
  const owned = stack.move();
  return {
    store,
    other,
    sql: (statement) => service.psql(statement),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
});

Deno.test("ten replicas on two connections of a pooler in transaction mode", async (t) => {
  await using service = await startPostgres();
  await using pooler = await startPgBouncer(service);
  await using stack = new AsyncDisposableStack();
  const replicas = Array.from({ length: 10 }, () => {
    const { connection } = observe(pooler.url, POOLED);
    return { connection, store: stack.use(createPostgresAuditStore(connection)), chain: createChain(v7()) };
  });

  await t.step("they migrate at once, and only once", async () => {
    await Promise.all(replicas.map(({ connection }) => migrate(connection)));
    const names = (await readMigrations()).map(({ name }) => `${name}\n`).join("");
    assert.equal(await service.psql(["-Atc", "SELECT name FROM audit.migrations ORDER BY name"]), names);
  });

  await t.step("they write and read, over and over, and every chain is whole", async () => {
    for (let round = 0; round < 5; round++) {
      await Promise.all(replicas.map(({ store, chain }) => store.write(chain.seal([entryWith(), entryWith()]))));
      await Promise.all(replicas.map(({ store }) => store.query({ limit: 3 })));
    }
    for (const { store, chain } of replicas) {
      const records = (await store.query({ limit: 1000 })).filter(({ chainId }) => chainId === chain.id).toReversed();
      assert.equal(records.length, 10);
      assert.equal(verifyRecords(records), undefined);
    }
  });

  await t.step("snapshots and retention are transactions, each on one connection", async () => {
    const [{ connection } = assert.fail()] = replicas;
    const reader = createPostgresAuditReader(connection);
    const counts = await Promise.all(
      Array.from({ length: 4 }, () => reader.snapshot(async (log) => (await log.lastSeqs()).size)),
    );
    assert.deepEqual(counts, [10, 10, 10, 10]);
    const retention = createPostgresAuditRetention(connection);
    assert.equal(await retention.change(async (log) => (await log.lastSeqs()).size), 10);
  });

  await t.step("no session keeps a setting, a statement or a lock", async () => {
    const { rows } = await (replicas[0]?.connection ?? assert.fail()).query(
      "read",
      "SELECT (SELECT count(*) FROM pg_prepared_statements) AS statements, current_setting('statement_timeout') AS timeout",
    );
    assert.deepEqual(rows, [{ statements: "0", timeout: "0" }]);
    assert.equal(
      await service.psql(["-Atc", "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"], { user: "postgres" }),
      "0\n",
    );
  });
});

Deno.test("without PG_PREPARE=false a pooler in transaction mode is refused with its reason, in time", async () => {
  await using service = await startPostgres();
  await using pooler = await startPgBouncer(service);
  await using observed = observe(pooler.url);
  await observed.told("disconnected");
  assert.match(observed.reason ?? "", /unsupported startup parameter.*PG_PREPARE=false/);
});
