import assert from "node:assert/strict";
import { createEmbeddedAuditRetention } from "../../../storage/embedded/audit_reader.ts";
import { createEmbeddedAuditStore } from "../../../storage/embedded/audit_store.ts";
import { createEmbeddedChainRegister } from "../../../storage/embedded/chain_register.ts";
import { createEmbeddedIntentLog } from "../../../storage/embedded/intent_log.ts";
import { openDatabase } from "../../../storage/embedded/database.ts";
import { StorageError } from "../../../storage/errors.ts";
import { describeChainRegister } from "../../contracts/chain_register.ts";
import { describeIntentLog, type IntentLogSubject } from "../../contracts/intents.ts";
import { describeRetention } from "../../contracts/retention.ts";

async function open(): Promise<IntentLogSubject> {
  const folder = await Deno.makeTempDir({ prefix: "audit-" });
  const database = openDatabase(folder);
  return {
    store: createEmbeddedAuditStore(database),
    register: createEmbeddedChainRegister(database),
    retention: createEmbeddedAuditRetention(folder),
    intents: createEmbeddedIntentLog(database),
    intentTable: "audit_intents",
    tables: ["audit_chain_openings", "audit_chain_closings", "audit_tombstones"],
    sql: (statement) => Promise.resolve(database.exec(statement)),
    async [Symbol.asyncDispose]() {
      database.close();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

describeChainRegister("the embedded store", open);
describeRetention("the embedded store", open);
describeIntentLog("the embedded store", open);

Deno.test("an embedded log that is not there, or has no such tables, gives storage errors and makes nothing", async () => {
  const folder = await Deno.makeTempDir({ prefix: "audit-" });
  try {
    const { snapshot, change } = createEmbeddedAuditRetention(folder);
    for (const read of [snapshot, change]) {
      await assert.rejects(read((log) => log.register()), StorageError);
    }
    openDatabase(folder).close();
    await assert.rejects(snapshot((log) => log.register()), /no such table/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
