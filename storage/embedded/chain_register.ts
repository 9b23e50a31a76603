import type { DatabaseSync } from "node:sqlite";
import { cellsOf, CLOSINGS } from "../audit/register_tables.ts";
import type { ChainRegister } from "../chain_register.ts";
import { makeAuditTables } from "./audit_schema.ts";
import { attempt } from "./attempt.ts";

/**
 * The chains' register in the embedded database.
 *
 * @param database of `openDatabase`; other stores share it
 * @throws {StorageError} when the tables cannot be made
 */
export function createEmbeddedChainRegister(database: DatabaseSync): ChainRegister {
  attempt("make the tables of the audit log", () => makeAuditTables(database));
  return {
    // Async, so that what is thrown rejects.
    // deno-lint-ignore require-await
    async close(closing) {
      attempt("close a chain of the audit log", () => {
        database.prepare("INSERT INTO audit_chain_closings VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING")
          .run(...cellsOf(CLOSINGS, closing));
      });
    },
  };
}
