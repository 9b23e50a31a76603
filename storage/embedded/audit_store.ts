import type { DatabaseSync, SQLInputValue } from "node:sqlite";
import type { AuditStore } from "../audit_log.ts";
import { cellOf, COLUMNS, recordOf } from "../audit/columns.ts";
import { filtersOf } from "../audit/filters.ts";
import { StorageError } from "../errors.ts";

const SQL_TYPES = { uuid: "TEXT", timestamp: "TEXT", text: "TEXT", integer: "INTEGER", real: "REAL" } as const;

const NAMES = COLUMNS.map(({ name }) => `"${name}"`).join(", ");

/** The table of Postgres in SQLite's words: the same names, so that the same queries can be typed at both. */
const SCHEMA = `
CREATE TABLE IF NOT EXISTS audit_logs (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  ${
  COLUMNS.map(({ name, type, optional }) => `"${name}" ${SQL_TYPES[type]}${optional ? "" : " NOT NULL"}`).join(",\n  ")
}
);
CREATE UNIQUE INDEX IF NOT EXISTS audit_logs_event_id_key ON audit_logs (event_id);
CREATE INDEX IF NOT EXISTS audit_logs_timestamp_idx ON audit_logs ("timestamp");
CREATE INDEX IF NOT EXISTS audit_logs_tool_name_idx ON audit_logs (tool_name, id);
CREATE INDEX IF NOT EXISTS audit_logs_principal_idx ON audit_logs (principal, id);
CREATE INDEX IF NOT EXISTS audit_logs_chain_idx ON audit_logs (chain_id, seq);
${
  ["UPDATE", "DELETE"].map((change) => `
CREATE TRIGGER IF NOT EXISTS audit_logs_no_${change.toLowerCase()} BEFORE ${change} ON audit_logs
BEGIN SELECT RAISE(ABORT, 'Cannot ${change} on audit_logs: the audit log is append-only'); END;`).join("")
}`;

/**
 * The audit log in the embedded database. A write is one transaction and blocks the process while it lasts: node:sqlite
 * has no other way, and it is short.
 *
 * @param database of `openDatabase`; other stores share it, so it stays open when this one is disposed
 * @throws {StorageError} when the table cannot be made
 */
export function createEmbeddedAuditStore(database: DatabaseSync): AuditStore {
  attempt("make the table of the audit log", () => database.exec(SCHEMA));
  const insert = database.prepare(
    `INSERT INTO audit_logs (${NAMES}) VALUES (${COLUMNS.map(() => "?").join(", ")}) ON CONFLICT (event_id) DO NOTHING`,
  );
  const written = database.prepare("SELECT 1 FROM audit_logs WHERE event_id = ? AND hash = ?");

  return {
    available: true,

    // Async, so that what is thrown rejects.
    // deno-lint-ignore require-await
    async write(batch) {
      attempt("write to the audit log", () => {
        database.exec("BEGIN IMMEDIATE");
        try {
          for (const record of batch) {
            const { changes } = insert.run(...COLUMNS.map((column) => cellOf(record, column)));
            if (Number(changes) === 0 && written.get(record.eventId, record.hash) === undefined) {
              throw new Error(`the event id ${record.eventId} is another record's`);
            }
          }
          database.exec("COMMIT");
        } catch (error) {
          // Where the disk is full SQLite has rolled back by itself.
          if (database.isTransaction) database.exec("ROLLBACK");
          throw error;
        }
      });
    },

    // deno-lint-ignore require-await
    async query(query) {
      const filters = filtersOf(query);
      const where = filters.map(({ left }) => `${left} ?`);
      const sql = `SELECT * FROM audit_logs${
        where.length > 0 ? ` WHERE ${where.join(" AND ")}` : ""
      } ORDER BY id DESC LIMIT ?`;
      const values: SQLInputValue[] = [...filters.map(({ value }) => value), query.limit];
      return attempt("read the audit log", () => database.prepare(sql).all(...values).map(recordOf));
    },

    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** Does it, and wraps what the database throws. */
function attempt<T>(action: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new StorageError(`Cannot ${action}: ${reason}`, { cause });
  }
}
