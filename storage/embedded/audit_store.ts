import { setTimeout as pause } from "node:timers/promises";
import type { DatabaseSync, SQLInputValue } from "node:sqlite";
import type { AuditStore } from "../audit_log.ts";
import { cellOf, COLUMNS, recordOf } from "../audit/columns.ts";
import { filtersOf } from "../audit/filters.ts";
import { cellsOf, OPENINGS } from "../audit/register_tables.ts";
import { type ReadRows, scanAudit } from "../audit/scan.ts";
import { sumFiltersOf, sumOf, SUMS, SUMS_GROUPS } from "../audit/sums.ts";
import { systemClock } from "../clock.ts";
import { attempt } from "./attempt.ts";
import { makeAuditTables } from "./audit_schema.ts";

const NAMES = COLUMNS.map(({ name }) => `"${name}"`).join(", ");

/**
 * The audit log in the embedded database. A write is one transaction and blocks the process while it lasts: node:sqlite
 * has no other way, and it is short.
 *
 * @param database of `openDatabase`; other stores share it, so it stays open when this one is disposed
 * @throws {StorageError} when the tables cannot be made
 */
export function createEmbeddedAuditStore(database: DatabaseSync): AuditStore {
  attempt("make the tables of the audit log", () => makeAuditTables(database));
  const insert = database.prepare(
    `INSERT INTO audit_logs (${NAMES}) VALUES (${COLUMNS.map(() => "?").join(", ")}) ON CONFLICT (event_id) DO NOTHING`,
  );
  const open = database.prepare("INSERT INTO audit_chain_openings VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING");
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
            if (record.opening) open.run(...cellsOf(OPENINGS, record.opening));
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

    scan(query) {
      const read: ReadRows = async (what, tail, values) => {
        // What waits of the process's work comes first: a statement holds it up.
        await pause(0);
        const columns = { records: "*", id: "id", time: '"timestamp"' }[what];
        const sql = `SELECT ${columns} FROM audit_logs ${tail.replaceAll("?t", "?")}`;
        return attempt("read the audit log", () => database.prepare(sql).all(...values));
      };
      return scanAudit(read, query, systemClock);
    },

    // deno-lint-ignore require-await
    async sums(query) {
      const filters = sumFiltersOf(query);
      const where = filters.map(({ left }) => `${left} ?`).join(" AND ");
      const values = filters.map(({ value }) => value);
      const sql = `${SUMS} FROM audit_logs WHERE ${where} ${SUMS_GROUPS}`;
      return attempt("read the audit log", () => database.prepare(sql).all(...values).map(sumOf));
    },

    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
