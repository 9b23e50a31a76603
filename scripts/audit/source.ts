import { join } from "node:path";
import { createSigner, type Signer } from "../../storage/audit/signing.ts";
import { parseSigningKey } from "../../storage/audit/signing_key.ts";
import type { AuditRetention } from "../../storage/audit_reader.ts";
import { makeAuditTables } from "../../storage/embedded/audit_schema.ts";
import { createEmbeddedAuditRetention } from "../../storage/embedded/audit_reader.ts";
import { openDatabase } from "../../storage/embedded/database.ts";
import { keepSigningKey, SIGNING_KEY_FILE } from "../../storage/embedded/signing_key_file.ts";
import { createPostgresAuditRetention } from "../../storage/postgres/audit_retention.ts";
import { openPostgres } from "../../storage/postgres/connection.ts";
import { migrate } from "../../storage/postgres/migrate.ts";
import { restrictToInserts } from "../../storage/postgres/rights.ts";
import { postgresEnvironment, type Settings } from "../../server/settings.ts";
import { UsageError } from "../options.ts";

/** Milliseconds for a statement: nobody waits for an answer, and the log may be large. */
const DEADLINE_MS = 120_000;

/** The log that the settings name. */
export interface AuditSource extends AsyncDisposable {
  /** Where it is. */
  readonly name: string;
  readonly log: AuditRetention;
  /** The key that this machine signs with, where it has one. @throws {StorageError} when it cannot be read */
  signer(): Signer | undefined;
  /** Brings the tables up to date. @returns what was done */
  migrate(appRole: string | undefined): Promise<readonly string[]>;
}

/** Opens the log in Postgres where the settings name one, else the embedded one; the servers may be running. */
export function openAuditSource(settings: Settings): AuditSource {
  const given = settings.AUDIT_SIGNING_KEY === undefined ? undefined : parseSigningKey(settings.AUDIT_SIGNING_KEY);
  if (settings.DATABASE_URL === undefined && !settings.PGHOST) return embeddedSource(settings.DATA_DIR, given);
  const environment = postgresEnvironment(settings);
  const connection = openPostgres(settings.DATABASE_URL, { onState: () => {}, environment, deadlineMs: DEADLINE_MS });
  return {
    name: `Postgres at ${connection.address}`,
    log: createPostgresAuditRetention(connection),
    signer: () => given && createSigner(given),
    async migrate(appRole) {
      const applied = await migrate(connection);
      if (appRole !== undefined) await restrictToInserts(connection, appRole);
      return [
        ...applied.map((name) => `Applied ${name}`),
        ...(appRole === undefined ? [] : [`The role ${appRole} can insert and read, and nothing else`]),
      ];
    },
    [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose](),
  };
}

function embeddedSource(dataDir: string, given: ReturnType<typeof parseSigningKey>): AuditSource {
  return {
    name: `the embedded log in ${dataDir}`,
    log: createEmbeddedAuditRetention(dataDir),
    signer() {
      if (given) return createSigner(given);
      // A verifier makes no key: with a new one nothing would verify.
      return exists(join(dataDir, SIGNING_KEY_FILE)) ? createSigner(keepSigningKey(dataDir)) : undefined;
    },
    migrate(appRole) {
      if (appRole !== undefined) throw new UsageError("The embedded log has no roles: expected no --app-role");
      const database = openDatabase(dataDir);
      try {
        makeAuditTables(database);
      } finally {
        database.close();
      }
      return Promise.resolve([]);
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
