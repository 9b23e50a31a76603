import { INTENTS } from "../audit/intents.ts";
import { cellsOf } from "../audit/register_tables.ts";
import type { IntentLog } from "../intent_log.ts";
import type { PostgresConnection } from "./connection.ts";

/** Text for a time and for the id: the driver would make of such parameters what it likes. */
const CASTS: Readonly<Record<string, string>> = { event_id: "::text::uuid", intended_at: "::text::timestamp" };

const INSERT = `INSERT INTO audit.intents (${INTENTS.columns.map(({ name }) => name).join(", ")}) VALUES (${
  INTENTS.columns.map(({ name }, i) => `$${i + 1}${CASTS[name] ?? ""}`).join(", ")
}) ON CONFLICT DO NOTHING`;

/** Intents in Postgres, on a connection whose schema `createPostgresAuditStore` brings up to date. */
export function createPostgresIntentLog(connection: PostgresConnection): IntentLog {
  return {
    async intend(intent) {
      await connection.query("write", INSERT, cellsOf(INTENTS, intent));
    },
  };
}
