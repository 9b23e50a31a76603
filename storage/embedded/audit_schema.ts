import type { DatabaseSync } from "node:sqlite";
import { COLUMNS } from "../audit/columns.ts";
import { INTENTS } from "../audit/intents.ts";
import { CLOSINGS, OPENINGS, type RegisterTable, TOMBSTONES } from "../audit/register_tables.ts";

const SQL_TYPES = { uuid: "TEXT", timestamp: "TEXT", text: "TEXT", integer: "INTEGER", real: "REAL" } as const;

/** The tables of Postgres in SQLite's words: the same columns, so that the same queries can be typed at both. */
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
${registerTable("audit_chain_openings", OPENINGS)}
${registerTable("audit_chain_closings", CLOSINGS)}
${registerTable("audit_tombstones", TOMBSTONES)}
CREATE TABLE IF NOT EXISTS audit_intents (
  ${INTENTS.columns.map(({ name, type }) => `"${name}" ${SQL_TYPES[type]} NOT NULL`).join(",\n  ")},
  PRIMARY KEY (event_id)
);
CREATE INDEX IF NOT EXISTS audit_intents_intended_at_idx ON audit_intents (intended_at);
${refusal("UPDATE", "audit_intents")}
CREATE TRIGGER IF NOT EXISTS audit_intents_removal BEFORE DELETE ON audit_intents
WHEN NOT EXISTS (
  SELECT 1 FROM audit_logs AS l JOIN audit_tombstones AS t ON t.chain_id = l.chain_id AND t.through_seq >= l.seq
  WHERE l.event_id = OLD.event_id
)
BEGIN SELECT RAISE(ABORT, 'Cannot DELETE on audit_intents: the audit log is append-only'); END;
${refusal("UPDATE", "audit_logs")}
-- What 0001 of Postgres refused altogether, until retention came.
DROP TRIGGER IF EXISTS audit_logs_no_delete;
CREATE TRIGGER IF NOT EXISTS audit_logs_tombstone BEFORE DELETE ON audit_logs
WHEN NOT EXISTS (SELECT 1 FROM audit_tombstones AS t WHERE t.chain_id = OLD.chain_id AND t.through_seq >= OLD.seq)
BEGIN SELECT RAISE(ABORT, 'Cannot DELETE on audit_logs: the audit log is append-only'); END;
`;

/** Makes what is missing of the audit log's tables. @throws as the database does */
export function makeAuditTables(database: DatabaseSync): void {
  database.exec(SCHEMA);
}

/** The key is the whole row, as in Postgres: writing it again changes nothing, and no forged row keeps it out. */
function registerTable<Statement>(table: string, { columns }: RegisterTable<Statement>): string {
  return `CREATE TABLE IF NOT EXISTS ${table} (
  ${columns.map(({ name, type }) => `"${name}" ${SQL_TYPES[type]} NOT NULL`).join(",\n  ")},
  PRIMARY KEY (${columns.map(({ name }) => `"${name}"`).join(", ")})
);
${refusal("UPDATE", table)}
${refusal("DELETE", table)}`;
}

function refusal(change: "UPDATE" | "DELETE", table: string): string {
  return `CREATE TRIGGER IF NOT EXISTS ${table}_no_${change.toLowerCase()} BEFORE ${change} ON ${table}
BEGIN SELECT RAISE(ABORT, 'Cannot ${change} on ${table}: the audit log is append-only'); END;`;
}
