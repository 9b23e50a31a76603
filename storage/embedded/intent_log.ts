import type { DatabaseSync } from "node:sqlite";
import { cellsOf } from "../audit/register_tables.ts";
import { INTENTS } from "../audit/intents.ts";
import type { IntentLog } from "../intent_log.ts";
import { makeAuditTables } from "./audit_schema.ts";
import { attempt } from "./attempt.ts";

/**
 * Intents in the embedded database.
 *
 * @param database of `openDatabase`; other stores share it
 * @throws {StorageError} when the tables cannot be made
 */
export function createEmbeddedIntentLog(database: DatabaseSync): IntentLog {
  attempt("make the tables of the audit log", () => makeAuditTables(database));
  const insert = `INSERT INTO audit_intents VALUES (${
    INTENTS.columns.map(() => "?").join(", ")
  }) ON CONFLICT DO NOTHING`;
  return {
    // Async, so that what is thrown rejects.
    // deno-lint-ignore require-await
    async intend(intent) {
      attempt("write an intent to the audit log", () => {
        database.prepare(insert).run(...cellsOf(INTENTS, intent));
      });
    },
  };
}
