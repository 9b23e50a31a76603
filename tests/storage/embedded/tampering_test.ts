import { createEmbeddedAuditStore } from "../../../storage/embedded/audit_store.ts";
import { snapshotOf } from "../../../storage/embedded/audit_reader.ts";
import { createEmbeddedChainRegister } from "../../../storage/embedded/chain_register.ts";
import { openDatabase } from "../../../storage/embedded/database.ts";
import { describeTampering } from "../../contracts/tampering.ts";

describeTampering("the embedded store", () => {
  const database = openDatabase(":memory:");
  return Promise.resolve({
    store: createEmbeddedAuditStore(database),
    register: createEmbeddedChainRegister(database),
    tables: {
      openings: "audit_chain_openings",
      closings: "audit_chain_closings",
      tombstones: "audit_tombstones",
    },
    dropUnique: "DROP INDEX audit_logs_event_id_key",
    async tampered(statements, work) {
      database.exec("BEGIN");
      try {
        const triggers = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'trigger'").all();
        for (const { name } of triggers) database.exec(`DROP TRIGGER ${name}`);
        for (const statement of statements) database.exec(statement);
        return await work(snapshotOf(database));
      } finally {
        database.exec("ROLLBACK");
      }
    },
    [Symbol.asyncDispose]: () => Promise.resolve(database.close()),
  });
});
