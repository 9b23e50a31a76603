import type { DatabaseSync } from "node:sqlite";
import type { SealedRecord } from "../audit_log.ts";
import type { AuditSpool } from "../audit/spool.ts";
import { printRecord, readRecord } from "../audit/spooled_record.ts";
import { StorageError } from "../errors.ts";

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS audit_spool (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    record TEXT NOT NULL,
    rejected INTEGER NOT NULL DEFAULT 0
  )`;

/** A spool in the embedded database: this replica's own, for a log in Postgres without a Redis beside it. */
export function createEmbeddedAuditSpool(
  database: DatabaseSync,
  { recordsMax }: { readonly recordsMax: number },
): AuditSpool {
  database.exec(SCHEMA);
  const insert = database.prepare("INSERT INTO audit_spool (record) VALUES (?)");
  const count = database.prepare("SELECT count(*) AS count FROM audit_spool WHERE rejected = 0");
  const oldest = database.prepare("SELECT id, record FROM audit_spool WHERE rejected = 0 ORDER BY id LIMIT ?");
  const remove = database.prepare("DELETE FROM audit_spool WHERE id = ?");
  const reject = database.prepare("UPDATE audit_spool SET rejected = 1 WHERE id = ?");
  const size = () => Number(count.get()?.["count"]);

  return {
    available: true,
    add: (batch: readonly SealedRecord[]) =>
      inTransaction(database, `spool ${batch.length} audit records`, () => {
        if (size() + batch.length > recordsMax) {
          throw new StorageError(`Cannot spool ${batch.length} audit records: ${recordsMax} may wait at most`);
        }
        for (const record of batch) insert.run(printRecord(record));
      }),
    count: () => inTransaction(database, "count spooled audit records", size),
    oldest: (max: number) =>
      inTransaction(
        database,
        "read spooled audit records",
        () => oldest.all(max).map((row) => ({ name: String(row["id"]), record: readRecord(String(row["record"])) })),
      ),
    remove: (names: readonly string[]) =>
      inTransaction(database, "remove spooled audit records", () => names.forEach((name) => remove.run(name))),
    reject: (names: readonly string[]) =>
      inTransaction(database, "put aside what is no audit record", () => names.forEach((name) => reject.run(name))),
    async [Symbol.asyncDispose]() {},
  };
}

async function inTransaction<T>(database: DatabaseSync, action: string, work: () => T): Promise<T> {
  await Promise.resolve();
  try {
    database.exec("BEGIN IMMEDIATE");
    try {
      const result = work();
      database.exec("COMMIT");
      return result;
    } catch (error) {
      // Where the disk is full SQLite has rolled back by itself.
      if (database.isTransaction) database.exec("ROLLBACK");
      throw error;
    }
  } catch (cause) {
    throw cause instanceof StorageError
      ? cause
      : new StorageError(`Cannot ${action} in the embedded database`, { cause });
  }
}
