import type { DatabaseSync } from "node:sqlite";
import { createEmbeddedAuditRetention } from "./audit_reader.ts";
import { createEmbeddedAuditStore } from "./audit_store.ts";
import { createEmbeddedChainRegister } from "./chain_register.ts";
import { createEmbeddedIntentLog } from "./intent_log.ts";
import { keepSigningKey } from "./signing_key_file.ts";

/** What takes the place of Postgres. A log in this process's memory has no reader and no key beside it. */
export function createEmbeddedAudit(database: DatabaseSync, dataDir: string) {
  const isFile = dataDir !== ":memory:";
  return {
    store: createEmbeddedAuditStore(database),
    register: createEmbeddedChainRegister(database),
    intents: createEmbeddedIntentLog(database),
    reader: isFile ? createEmbeddedAuditRetention(dataDir) : undefined,
    keptKey: isFile ? () => keepSigningKey(dataDir) : undefined,
  };
}
