import assert from "node:assert/strict";
import { createChain } from "../../../storage/audit/chain.ts";
import { StorageError } from "../../../storage/errors.ts";
import { createPostgresAuditReader } from "../../../storage/postgres/audit_reader.ts";
import { createPostgresAuditRetention } from "../../../storage/postgres/audit_retention.ts";
import { createPostgresAuditStore } from "../../../storage/postgres/audit_store.ts";
import { createPostgresChainRegister } from "../../../storage/postgres/chain_register.ts";
import { migrate } from "../../../storage/postgres/migrate.ts";
import { restrictToInserts } from "../../../storage/postgres/rights.ts";
import { newSigner, writeChain } from "../../contracts/audit_chains.ts";
import { entryWith } from "../../contracts/audit_entries.ts";
import { type PostgresService, startPostgres } from "../../services/postgres.ts";
import { observe } from "./subject.ts";

const ROLES = new URL("../../../storage/postgres/roles.sql", import.meta.url).pathname;
const ADMIN = { user: "postgres" } as const;

/** Makes the two roles as an administrator does, and gives the URL of each. */
async function makeRoles(service: PostgresService) {
  const roles = ["-X", "-q", "-v", "owner=mcp_owner", "-v", "app=mcp_app", "-f", ROLES];
  // Twice: it may be run again.
  for (let i = 0; i < 2; i++) await service.psql(roles, ADMIN);
  for (const role of ["mcp_owner", "mcp_app"]) {
    await service.psql(`ALTER ROLE ${role} PASSWORD '${service.password}'`, ADMIN);
  }
  const urlOf = (role: string) => service.url.replace("aiagent:", `${role}:`);
  return { owner: urlOf("mcp_owner"), app: urlOf("mcp_app") };
}

/** What the application must not be able to do, one statement each. */
const REFUSED: readonly string[] = [
  "UPDATE audit_logs SET method = 'x'",
  "UPDATE audit_logs SET method = 'x' WHERE false",
  "DELETE FROM audit_logs",
  "DELETE FROM audit_logs WHERE false",
  "TRUNCATE audit_logs",
  "DROP TABLE audit_logs",
  "ALTER TABLE audit_logs ADD COLUMN x int",
  "ALTER TABLE audit_logs RENAME TO x",
  "ALTER TABLE audit_logs OWNER TO mcp_app",
  "ALTER TABLE audit_logs DISABLE TRIGGER ALL",
  "ALTER TABLE audit_logs DISABLE TRIGGER audit_logs_append_only",
  "DROP TRIGGER audit_logs_append_only ON audit_logs",
  "CREATE TRIGGER x BEFORE INSERT ON audit_logs FOR EACH ROW EXECUTE FUNCTION audit.refuse_change()",
  "CREATE RULE x AS ON INSERT TO audit_logs DO INSTEAD NOTHING",
  "CREATE POLICY x ON audit_logs USING (false)",
  "CREATE INDEX x ON audit_logs (method)",
  "COMMENT ON TABLE audit_logs IS 'x'",
  "SELECT * FROM audit_logs FOR UPDATE",
  "SELECT * FROM audit_logs FOR KEY SHARE",
  "BEGIN; LOCK TABLE audit_logs IN SHARE MODE",
  "BEGIN; LOCK TABLE audit_logs IN ACCESS EXCLUSIVE MODE",
  "INSERT INTO audit_logs (id) OVERRIDING SYSTEM VALUE VALUES (1)",
  "INSERT INTO audit_logs (event_id) SELECT event_id FROM audit_logs ON CONFLICT (event_id) DO UPDATE SET method = 'x'",
  "MERGE INTO audit_logs l USING (SELECT 1) AS one ON true WHEN MATCHED THEN DELETE",
  "SELECT setval('audit_logs_id_seq', 1)",
  "SELECT nextval('audit_logs_id_seq')",
  "ALTER SEQUENCE audit_logs_id_seq RESTART",
  "COPY audit_logs TO PROGRAM 'cat'",
  "COPY audit_logs FROM PROGRAM 'cat'",
  "COPY audit_logs TO '/tmp/x'",
  "COPY audit_logs FROM '/etc/passwd'",
  "SELECT pg_read_file('/etc/passwd')",
  "SELECT lo_create(0)",
  "SELECT lo_from_bytea(0, 'x')",
  ...["audit.chain_openings", "audit.chain_closings", "audit.tombstones", "audit.migrations"].flatMap((table) => [
    `UPDATE ${table} SET ${table === "audit.migrations" ? "name" : "signature"} = 'x'`,
    `DELETE FROM ${table}`,
    `TRUNCATE ${table}`,
    `DROP TABLE ${table}`,
    `ALTER TABLE ${table} DISABLE TRIGGER ALL`,
  ]),
  "INSERT INTO audit.tombstones VALUES ('x', 1, 'x', 1, now(), 'x', 'x')",
  "INSERT INTO audit.migrations VALUES ('9999', 'x')",
  "CREATE OR REPLACE FUNCTION audit.refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
  "ALTER FUNCTION audit.refuse_change() OWNER TO mcp_app",
  "DROP FUNCTION audit.refuse_change() CASCADE",
  "DROP SCHEMA audit CASCADE",
  "ALTER SCHEMA audit RENAME TO x",
  "CREATE TABLE audit.x (x int)",
  "CREATE TABLE public.x (x int)",
  "CREATE TEMPORARY TABLE x (x int)",
  "CREATE VIEW public.x AS SELECT 1",
  "CREATE FUNCTION public.x() RETURNS int LANGUAGE sql AS 'SELECT 1'",
  "CREATE SCHEMA x",
  "CREATE EXTENSION dblink",
  "CREATE DATABASE x",
  "CREATE ROLE x",
  "ALTER ROLE mcp_app SUPERUSER",
  "ALTER ROLE mcp_owner PASSWORD 'x'",
  "SET ROLE mcp_owner",
  "SET ROLE postgres",
  "SET session_replication_role = replica",
  "ALTER SYSTEM SET fsync = off",
  "ALTER DATABASE mcpaudit SET session_replication_role = replica",
  "REASSIGN OWNED BY mcp_owner TO mcp_app",
];

Deno.test("the role that the servers run as in production", async (t) => {
  await using service = await startPostgres();
  const urls = await makeRoles(service);
  await using app = observe(urls.app);
  await using owner = observe(urls.owner);

  await t.step("before the tables are there it waits, and says who has to make them", async () => {
    await using early = observe(urls.app);
    await using _ = createPostgresAuditStore(early.connection);
    await early.told("disconnected");
    assert.match(
      early.reason ?? "",
      /permission denied .*run "deno task audit migrate" as the role that owns the tables/,
    );
  });

  await t.step("the owner makes them, and leaves the role with what it needs, twice", async () => {
    assert.deepEqual(await migrate(owner.connection), ["0001_audit_logs", "0002_chain_register", "0003_intents"]);
    assert.deepEqual(await migrate(owner.connection), []);
    for (let i = 0; i < 2; i++) await restrictToInserts(owner.connection, "mcp_app");
  });

  const chain = writeChain(newSigner(), 3);
  await using store = createPostgresAuditStore(app.connection);

  await t.step("it writes records with their opening, again without effect, and reads all of it", async () => {
    await store.write(chain.records);
    await store.write(chain.records);
    await createPostgresChainRegister(app.connection).close(chain.closing());
    assert.equal((await store.query({ limit: 10 })).length, 3);
    const log = createPostgresAuditReader(app.connection);
    const { openings, closings, tombstones } = await log.snapshot((snapshot) => snapshot.register());
    assert.deepEqual([openings.length, closings.length, tombstones.length], [1, 1, 0]);
  });

  const state = () =>
    service.psql(["-Atc", "SELECT md5(string_agg(l::text, ',' ORDER BY id)) FROM audit_logs AS l"], ADMIN);
  const before = await state();
  for (const statement of REFUSED) {
    await t.step(`it cannot: ${statement}`, async () => {
      await assert.rejects(service.psql(["-v", "ON_ERROR_STOP=1", "-c", statement], { user: "mcp_app" }), (error) => {
        assert(error instanceof Error);
        assert.match(
          error.message,
          /permission denied|must be owner|must be superuser|must be able to SET ROLE|must be member|cannot set parameter/,
        );
        return true;
      });
    });
  }
  assert.equal(await state(), before);

  await t.step("what it grants is granted to nobody", async () => {
    const rights = () => service.psql(["-Atc", "SELECT relacl FROM pg_class WHERE relname = 'audit_logs'"], ADMIN);
    const granted = await rights();
    // Postgres only warns of it.
    await service.psql("GRANT ALL ON audit_logs TO PUBLIC", { user: "mcp_app" });
    assert.equal(await rights(), granted);
  });

  await t.step("it cannot retain either", async () => {
    const tombstone = {
      chainId: chain.id,
      throughSeq: 1,
      hash: "",
      count: 1,
      removedAtMs: 0,
      publicKey: "",
      signature: "",
    };
    const change = createPostgresAuditRetention(app.connection).change((log) => log.remove(tombstone));
    await assert.rejects(change, /permission denied/);
  });

  await t.step("a role that owns the tables, is a superuser or is not there is not taken for one", async () => {
    for (
      const [role, words] of [["mcp_owner", /owns the tables/], ["postgres", /superuser/], [
        "nobody",
        /there is none/,
      ]] as const
    ) {
      await assert.rejects(restrictToInserts(owner.connection, role), (error) => {
        assert(error instanceof StorageError);
        assert.match(error.message, words);
        return true;
      });
    }
    await service.psql("GRANT mcp_owner TO mcp_app", ADMIN);
    await assert.rejects(restrictToInserts(owner.connection, "mcp_app"), /may act as their owner/);
    await service.psql("REVOKE mcp_owner FROM mcp_app", ADMIN);
  });

  await t.step("a role's name is a name, whatever is in it", async () => {
    const role = `odd "role"; DROP TABLE audit_logs; --`;
    await service.psql(`CREATE ROLE "${role.replaceAll('"', '""')}"`, ADMIN);
    await restrictToInserts(owner.connection, role);
    assert.equal((await store.query({ limit: 10 })).length, 3);
  });
});

Deno.test("a lab's tables are taken over by the owner's role, records and all", async () => {
  await using service = await startPostgres();
  {
    await using store = createPostgresAuditStore(observe(service.url).connection);
    await store.write(createChain("lab").seal([entryWith()]));
  }
  const urls = await makeRoles(service);
  await using owner = observe(urls.owner);
  assert.deepEqual(await migrate(owner.connection), []);
  await restrictToInserts(owner.connection, "mcp_app");
  await using store = createPostgresAuditStore(observe(urls.app).connection);
  await store.write(createChain("production").seal([entryWith()]));
  assert.equal((await store.query({ limit: 10 })).length, 2);
  await assert.rejects(service.psql("SELECT 1"), /permission denied for database/, "the lab's role cannot connect");
});
