import assert from "node:assert/strict";
import { createPostgresAuditRetention } from "../../../storage/postgres/audit_retention.ts";
import { createPostgresAuditStore } from "../../../storage/postgres/audit_store.ts";
import { createPostgresChainRegister } from "../../../storage/postgres/chain_register.ts";
import { createPostgresIntentLog } from "../../../storage/postgres/intent_log.ts";
import { describeChainRegister } from "../../contracts/chain_register.ts";
import { describeIntentLog, type IntentLogSubject } from "../../contracts/intents.ts";
import { describeRetention } from "../../contracts/retention.ts";
import { startPostgres } from "../../services/postgres.ts";
import { observe } from "./subject.ts";

async function open(): Promise<IntentLogSubject> {
  const service = await startPostgres();
  const { connection } = observe(service.url);
  const store = createPostgresAuditStore(connection);
  // Migrates.
  await store.query({ limit: 1 });
  return {
    store,
    register: createPostgresChainRegister(connection),
    retention: createPostgresAuditRetention(connection),
    intents: createPostgresIntentLog(connection),
    intentTable: "audit.intents",
    tables: ["audit.chain_openings", "audit.chain_closings", "audit.tombstones"],
    sql: (statement) => service.psql(statement),
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]();
      await service[Symbol.asyncDispose]();
    },
  };
}

describeChainRegister("Postgres", open);
describeRetention("Postgres", open);
describeIntentLog("Postgres", open);

Deno.test("two retentions at once: the second gives up, and changes nothing", async () => {
  await using subject = await open();
  await subject.retention.change(async () => {
    await assert.rejects(subject.retention.change(() => Promise.resolve()), /somebody else is doing so/);
  });
  await subject.retention.change(() => Promise.resolve());
});
