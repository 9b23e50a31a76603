import { createHash } from "node:crypto";
import { StorageError } from "../errors.ts";
import type { PostgresConnection } from "./connection.ts";
import { isRefusedRight } from "./rights.ts";
import type { PostgresSession } from "./session.ts";

/** A step of the schema. */
export interface Migration {
  /** The file's name without `.sql`; the order of the list is the order of application. */
  readonly name: string;
  readonly sql: string;
}

const NAMES = ["0001_audit_logs", "0002_chain_register", "0003_intents"] as const;
/** Names the advisory lock among those of the database; any number, the same for every version of this server. */
const LOCK = 6_202_611;
/** Milliseconds to wait for a replica that migrates. */
const LOCK_MS = 10_000;
/** Milliseconds that one migration may take. */
const MIGRATION_MS = 60_000;

/** The migrations that this version ships. @throws {Error} when a file cannot be read. */
export async function readMigrations(): Promise<readonly Migration[]> {
  return await Promise.all(NAMES.map(async (name) => ({
    name,
    sql: await Deno.readTextFile(new URL(`./migrations/${name}.sql`, import.meta.url)),
  })));
}

/**
 * Brings the schema up to date: what is not yet applied, in order, each in a transaction with the note that it was.
 * Any number of replicas may do so at once. Migrations that a newer version has applied are left alone, unless the schema
 * requires that a server knows them (docs/scale-out.md). A role that may only read and insert gets by where all is applied.
 *
 * @returns the names of those that were applied now
 * @throws {StorageError} when a migration fails, when one that was applied had another text, or one that is required is
 * unknown here
 */
export async function migrate(
  connection: PostgresConnection,
  migrations?: readonly Migration[],
): Promise<readonly string[]> {
  const wanted = migrations ?? await readMigrations();
  return await connection.session(async (session) => {
    const due = await findDue(session, wanted);
    for (const migration of due) await apply(session, migration);
    return due.map(({ name }) => name);
  });
}

/**
 * As `migrate`, for each connect: looks over the session that there is, and opens one of its own only where something is
 * due. A further session costs a handshake and a password's proof, which a start would wait for.
 *
 * @throws {StorageError} as `migrate`
 */
export async function migrateWhereDue(connection: PostgresConnection, session: PostgresSession): Promise<void> {
  const wanted = await readMigrations();
  if ((await findDue(session, wanted)).length > 0) await migrate(connection, wanted);
}

/** What is not applied yet. */
async function findDue(session: PostgresSession, wanted: readonly Migration[]): Promise<readonly Migration[]> {
  const applied = await readApplied(session);
  expectKnown(applied, wanted);
  return wanted.filter((migration) => !isApplied(migration, applied));
}

interface Applied {
  readonly sha256: string;
  /** Whether a server that does not know it cannot work on the schema. */
  readonly required: boolean;
}

/** By name. */
async function readApplied(session: PostgresSession): Promise<ReadonlyMap<string, Applied>> {
  // Not to_regclass(): within a transaction it answers from a cache, and overlooks what another replica just made.
  const { count } = await session.query(
    "SELECT FROM pg_catalog.pg_tables WHERE schemaname = 'audit' AND tablename = 'migrations'",
  );
  if (count === 0) return new Map();
  // The column comes with the first migration that requires another: until then to_jsonb has none of that name.
  const { rows } = await session.query(
    "SELECT name, sha256, coalesce(to_jsonb(m) ->> 'required', 'false') AS required FROM audit.migrations AS m",
  );
  return new Map(
    rows.map(({ name, sha256, required }) => [String(name), { sha256: String(sha256), required: required === "true" }]),
  );
}

/** What a newer version has removed or changed, this one cannot work without. */
function expectKnown(applied: ReadonlyMap<string, Applied>, migrations: readonly Migration[]): void {
  const unknown = Array.from(applied).flatMap(([name, { required }]) =>
    required && !migrations.some((migration) => migration.name === name) ? [JSON.stringify(name)] : []
  );
  if (unknown.length === 0) return;
  throw new StorageError(
    `The database needs a newer version of this server: its schema requires ${
      unknown.join(", ")
    }, this version knows ` +
      `the migrations up to ${JSON.stringify(migrations.at(-1)?.name)}`,
  );
}

function isApplied(migration: Migration, applied: ReadonlyMap<string, Applied>): boolean {
  const digest = applied.get(migration.name)?.sha256;
  if (digest === undefined) return false;
  if (digest === digestOf(migration)) return true;
  throw new StorageError(
    `Cannot migrate the database: "${migration.name}" was applied with another text (SHA-256 ${digest}, here ` +
      `${digestOf(migration)}); an applied migration must not be changed`,
  );
}

async function apply(session: PostgresSession, migration: Migration): Promise<void> {
  const deadlineMs = LOCK_MS + MIGRATION_MS;
  const run = (sql: string, parameters?: readonly string[]) => session.query(sql, parameters, deadlineMs);
  try {
    await run("BEGIN");
    await run(`SET LOCAL lock_timeout = ${LOCK_MS}; SET LOCAL statement_timeout = ${MIGRATION_MS}`);
    await run(`SELECT pg_advisory_xact_lock(${LOCK})`);
    // Another replica may have applied it while this one waited.
    if (!isApplied(migration, await readApplied(session))) {
      await run(`
        CREATE SCHEMA IF NOT EXISTS audit;
        CREATE TABLE IF NOT EXISTS audit.migrations (
          name text PRIMARY KEY, sha256 text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now()
        )`);
      await run(migration.sql);
      await run("INSERT INTO audit.migrations (name, sha256) VALUES ($1, $2)", [migration.name, digestOf(migration)]);
    }
    // No rollback where this fails: the session ends, and with it the transaction.
    await run("COMMIT");
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const hint = isRefusedRight(cause) ? '; run "deno task audit migrate" as the role that owns the tables' : "";
    throw new StorageError(`Cannot apply the migration "${migration.name}": ${reason}${hint}`, { cause });
  }
}

/** Of the text with the line ends of Unix: a checkout on Windows is the same migration. */
function digestOf({ sql }: Migration): string {
  return createHash("sha256").update(sql.replaceAll("\r\n", "\n")).digest("hex");
}
