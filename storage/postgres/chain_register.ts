import { cellsOf, CLOSINGS } from "../audit/register_tables.ts";
import type { ChainRegister } from "../chain_register.ts";
import type { PostgresConnection } from "./connection.ts";

/** Text for a time: the driver would take a parameter of that type for a date of its own. */
const INSERT = `INSERT INTO audit.chain_closings (${CLOSINGS.columns.map(({ name }) => name).join(", ")}) VALUES (${
  CLOSINGS.columns.map(({ type }, i) => `$${i + 1}${type === "timestamp" ? "::text::timestamp" : ""}`).join(", ")
}) ON CONFLICT DO NOTHING`;

/** The chains' register in Postgres, on a connection whose schema `createPostgresAuditStore` brings up to date. */
export function createPostgresChainRegister(connection: PostgresConnection): ChainRegister {
  return {
    async close(closing) {
      await connection.query("write", INSERT, cellsOf(CLOSINGS, closing));
    },
  };
}
