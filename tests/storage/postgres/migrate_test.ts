import assert from "node:assert/strict";
import { v7 } from "uuid";
import { createChain } from "../../../storage/audit/chain.ts";
import { StorageError } from "../../../storage/errors.ts";
import { createPostgresAuditStore } from "../../../storage/postgres/audit_store.ts";
import { migrate, type Migration, readMigrations } from "../../../storage/postgres/migrate.ts";
import { entryWith } from "../../contracts/audit_entries.ts";
import { startPostgres } from "../../services/postgres.ts";
import { observe } from "./subject.ts";

const MIGRATIONS = ["0001_audit_logs", "0002_chain_register", "0003_intents"];
const MIGRATION_FILES = MIGRATIONS.map((name) =>
  new URL(`../../../storage/postgres/migrations/${name}.sql`, import.meta.url).pathname
);
const ALL_APPLIED = MIGRATIONS.map((name) => `${name}\n`).join("");

Deno.test("migrations", async (t) => {
  await using service = await startPostgres();
  const applied = (database: string) =>
    service.psql(["-Atc", "SELECT name FROM audit.migrations ORDER BY applied_at, name"], { database });

  await t.step("three replicas that start at once migrate once, and all can write", async () => {
    const url = await service.createDatabase("three");
    const replicas = Array.from({ length: 3 }, () => observe(url));
    const stores = replicas.map(({ connection }) => createPostgresAuditStore(connection));
    await Promise.all(stores.map((store) => store.write(createChain(v7()).seal([entryWith()]))));
    for (const { changes } of replicas) assert.deepEqual(changes, [`connected 127.0.0.1:${service.port}/three`]);
    assert.equal(await applied("three"), ALL_APPLIED);
    assert.equal((await stores[0]?.query({ limit: 10 }))?.length, 3);
    await Promise.all(stores.map((store) => store[Symbol.asyncDispose]()));
  });

  await t.step("the schema that psql made from the same files, twice, is taken as it is, records and all", async () => {
    const url = await service.createDatabase("by_psql");
    for (let i = 0; i < 2; i++) {
      const files = MIGRATION_FILES.flatMap((path) => ["-f", path]);
      await service.psql(["-v", "ON_ERROR_STOP=1", "-q", ...files], { database: "by_psql" });
    }
    const schema = () =>
      service.psql(["-c", "\\d audit_logs", "-c", "\\d audit.chain_*", "-c", "\\d audit.tomb*", "-c", "\\df audit.*"], {
        database: "by_psql",
      });
    const before = await schema();
    await using store = createPostgresAuditStore(observe(url).connection);
    await store.write(createChain(v7()).seal([entryWith()]));
    assert.equal(await schema(), before);
    assert.equal(await applied("by_psql"), ALL_APPLIED);
  });

  await t.step("migrations are applied in order and once; what a newer version applied is left alone", async () => {
    await using observed = observe(await service.createDatabase("ordered"));
    const one: Migration = { name: "0001", sql: "CREATE TABLE audit.steps (step int)" };
    const two: Migration = {
      name: "0002",
      sql: "INSERT INTO audit.steps VALUES (2); INSERT INTO audit.steps VALUES (3)",
    };
    await migrate(observed.connection, [one]);
    await migrate(observed.connection, [one, two]);
    await Promise.all([migrate(observed.connection, [one, two]), migrate(observed.connection, [one])]);
    assert.equal(await applied("ordered"), "0001\n0002\n");
    assert.equal(await service.psql(["-Atc", "TABLE audit.steps"], { database: "ordered" }), "2\n3\n");
  });

  await t.step("this version works on the schema of the next one, beside it, and after a rollback", async () => {
    const database = "next_version";
    await using observed = observe(await service.createDatabase(database));
    const current = await readMigrations();
    const next: Migration = {
      name: "0099_next_version",
      sql: `ALTER TABLE public.audit_logs ADD COLUMN cost_cents bigint, ADD COLUMN region text NOT NULL DEFAULT 'eu';
        ALTER TABLE audit.chain_openings ADD COLUMN note text;
        CREATE INDEX ON public.audit_logs (region);
        CREATE TABLE audit.of_next_version (id bigint PRIMARY KEY);
        ALTER TABLE audit.migrations ADD COLUMN required boolean NOT NULL DEFAULT false;
        UPDATE audit.migrations SET required = true WHERE name = '0001_audit_logs'`,
    };
    // Version N runs while N+1 comes.
    const running = createPostgresAuditStore(observed.connection);
    await running.write(createChain(v7()).seal([entryWith()]));
    await migrate(observed.connection, [...current, next]);
    await running.write(createChain(v7()).seal([entryWith()]));
    // Version N starts on it.
    await using returning = createPostgresAuditStore(observe(service.url.replace(/[^/]*$/, database)).connection);
    await returning.write(createChain(v7()).seal([entryWith()]));
    const records = await returning.query({ limit: 10 });
    assert.equal(records.length, 3);
    assert.equal(await migrate(observed.connection).then((names) => names.length), 0);
    assert.equal(await applied(database), `${ALL_APPLIED}0099_next_version\n`);
  });

  await t.step(
    "a schema that requires a migration of a newer version is refused by its name, and then no more",
    async () => {
      const url = await service.createDatabase("requiring");
      await using observed = observe(url);
      const requiring: Migration = {
        name: "0100_contract",
        sql: `ALTER TABLE audit.migrations ADD COLUMN required boolean NOT NULL DEFAULT false;
        UPDATE audit.migrations SET required = true WHERE name = '0099_next_version'`,
      };
      const next: Migration = { name: "0099_next_version", sql: "CREATE TABLE audit.of_next_version (id bigint)" };
      const current = await readMigrations();
      await migrate(observed.connection, [...current, next, requiring]);
      await migrate(observed.connection, [...current, next, requiring]);
      const words =
        'The database needs a newer version of this server: its schema requires "0099_next_version", this ' +
        `version knows the migrations up to "${MIGRATIONS.at(-1)}"`;
      const old = observe(url);
      await using store = createPostgresAuditStore(old.connection);
      await old.told("disconnected");
      assert.equal(old.reason, words);
      await assert.rejects(store.write(createChain(v7()).seal([entryWith()])), {
        name: "StorageError",
        message: words,
      });
      await service.psql("UPDATE audit.migrations SET required = false", { database: "requiring" });
      await old.told("connected");
      await store.write(createChain(v7()).seal([entryWith()]));
    },
  );

  await t.step("a migration that fails leaves nothing behind, says its name, and is tried again", async () => {
    await using observed = observe(await service.createDatabase("failing"));
    const one: Migration = { name: "0001", sql: "CREATE TABLE audit.steps (step int)" };
    const broken: Migration = { name: "0002_broken", sql: "INSERT INTO audit.steps VALUES (1); SELECT 1 / 0" };
    await assert.rejects(migrate(observed.connection, [one, broken]), (error) => {
      assert(error instanceof StorageError);
      assert.match(error.message, /Cannot apply the migration "0002_broken": .*division by zero/);
      return true;
    });
    assert.equal(await applied("failing"), "0001\n");
    assert.equal(await service.psql(["-Atc", "TABLE audit.steps"], { database: "failing" }), "");
    await migrate(observed.connection, [one, { ...broken, sql: "INSERT INTO audit.steps VALUES (1)" }]);
    assert.equal(await applied("failing"), "0001\n0002_broken\n");
  });

  await t.step("an applied migration whose text was changed stops everything, and is named", async () => {
    const url = await service.createDatabase("changed");
    await using observed = observe(url);
    const [first] = await readMigrations();
    assert(first);
    await migrate(observed.connection, [{ ...first, sql: first.sql.replaceAll("\n", "\r\n") }]);
    await migrate(observed.connection, [first]);
    await service.psql("UPDATE audit.migrations SET sha256 = 'another'", { database: "changed" });
    await assert.rejects(
      migrate(observed.connection),
      /"0001_audit_logs" was applied with another text .*must not be changed/,
    );

    const later = observe(url);
    await using store = createPostgresAuditStore(later.connection);
    await later.told("disconnected");
    assert.match(later.reason ?? "", /"0001_audit_logs" was applied with another text/);
    await assert.rejects(store.query({ limit: 1 }), StorageError);
  });

  await t.step("a table that is gone after a restart is made again", async () => {
    const url = await service.createDatabase("wiped");
    const observed = observe(url);
    await using store = createPostgresAuditStore(observed.connection);
    await store.write(createChain(v7()).seal([entryWith()]));
    await service.psql("DROP TABLE audit_logs; DROP SCHEMA audit CASCADE", { database: "wiped" });
    await service.kill();
    await observed.told("disconnected");
    await service.restart();
    await observed.told("connected");
    await store.write(createChain(v7()).seal([entryWith()]));
    assert.equal((await store.query({ limit: 10 })).length, 1);
  });
});
