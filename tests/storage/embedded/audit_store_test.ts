import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { createChain } from "../../../storage/audit/chain.ts";
import { createEmbeddedAuditStore } from "../../../storage/embedded/audit_store.ts";
import { openDatabase } from "../../../storage/embedded/database.ts";
import { StorageError } from "../../../storage/errors.ts";
import { entryWith } from "../../contracts/audit_entries.ts";
import { describeAuditScan } from "../../contracts/audit_scan.ts";
import { type AuditStoreSubject, describeAuditStore } from "../../contracts/audit_store.ts";

/** A file that two connections share, as two processes would. */
async function open(): Promise<AuditStoreSubject> {
  const folder = await Deno.makeTempDir({ prefix: "audit-" });
  const databases = [openDatabase(folder), openDatabase(folder)] as const;
  return {
    store: createEmbeddedAuditStore(databases[0]),
    other: createEmbeddedAuditStore(databases[1]),
    sql: (statement) => Promise.resolve(databases[1].exec(statement)),
    async [Symbol.asyncDispose]() {
      for (const database of databases) database.close();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

describeAuditStore("the embedded store", open);

describeAuditScan("The embedded store", open);

Deno.test("the embedded log is read by hand as the guide reads Postgres'", async () => {
  const database = openDatabase(":memory:");
  await createEmbeddedAuditStore(database).write(createChain("one").seal([entryWith({ toolName: undefined })]));
  const sql = "SELECT id, method, tool_name, timestamp FROM audit_logs ORDER BY timestamp DESC LIMIT 10;";
  assert.deepEqual(database.prepare(sql).all().map((row) => Object.values(row)), [
    [1, "mcp.tools.call", null, "2024-01-15 10:35:23.456"],
  ]);
  database.close();
});

Deno.test("a failed batch leaves nothing behind in the embedded store, and the next one is written", async () => {
  const database = openDatabase(":memory:");
  const store = createEmbeddedAuditStore(database);
  const entry = entryWith();
  await store.write(createChain("one").seal([entry]));
  await assert.rejects(store.write(createChain("two").seal([entryWith(), entry])), StorageError);
  await store.write(createChain("three").seal([entryWith()]));
  assert.deepEqual((await store.query({ limit: 10 })).map(({ chainId }) => chainId), ["three", "one"]);
  database.close();
});

Deno.test("an embedded database that is closed or cannot be written gives storage errors", async () => {
  const database = new DatabaseSync(":memory:");
  const store = createEmbeddedAuditStore(database);
  database.close();
  await assert.rejects(store.write(createChain("one").seal([entryWith()])), StorageError);
  await assert.rejects(store.query({ limit: 1 }), StorageError);
  assert.throws(() => createEmbeddedAuditStore(database), StorageError);
});
