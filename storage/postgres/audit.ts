import { createPostgresAuditReader } from "./audit_reader.ts";
import { createPostgresAuditStore } from "./audit_store.ts";
import { createPostgresChainRegister } from "./chain_register.ts";
import type { PostgresConnection } from "./connection.ts";
import { createPostgresIntentLog } from "./intent_log.ts";

export { openPostgres } from "./connection.ts";

/** All that is kept in Postgres, over one connection. */
export function createPostgresAudit(postgres: PostgresConnection) {
  return {
    store: createPostgresAuditStore(postgres),
    register: createPostgresChainRegister(postgres),
    intents: createPostgresIntentLog(postgres),
    reader: createPostgresAuditReader(postgres),
  };
}
