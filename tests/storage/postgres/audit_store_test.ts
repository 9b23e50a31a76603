import assert from "node:assert/strict";
import { v7 } from "uuid";
import { createChain } from "../../../storage/audit/chain.ts";
import { createPostgresAuditStore } from "../../../storage/postgres/audit_store.ts";
import { entryWith } from "../../contracts/audit_entries.ts";
import { describeAuditStore } from "../../contracts/audit_store.ts";
import { startPostgres } from "../../services/postgres.ts";
import { observe, openSubject } from "./subject.ts";

describeAuditStore("Postgres", openSubject);

Deno.test("behind a pooler nothing is kept in a session: no prepared statement, no setting", async () => {
  await using service = await startPostgres();
  const settings =
    "SELECT current_setting('statement_timeout') AS timeout, count(*)::int AS prepared FROM pg_prepared_statements";
  for (
    const [parameters, expected] of [["", { timeout: "3s", prepared: 1 }], ["?pgbouncer=true", {
      timeout: "0",
      prepared: 0,
    }]] as const
  ) {
    const { connection } = observe(`${service.url}${parameters}`);
    await using store = createPostgresAuditStore(connection);
    const batch = createChain(v7()).seal([entryWith(), entryWith()]);
    await store.write(batch);
    assert.equal((await store.query({ limit: 2 }))[1]?.hash, batch[0]?.hash);
    assert.deepEqual((await connection.query("write", settings)).rows, [expected]);
  }
});
