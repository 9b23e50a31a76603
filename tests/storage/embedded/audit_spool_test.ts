import { createEmbeddedAuditSpool } from "../../../storage/embedded/audit_spool.ts";
import { openDatabase } from "../../../storage/embedded/database.ts";
import { describeAuditSpool } from "../../contracts/audit_spool.ts";

describeAuditSpool("embedded audit spool", () => {
  const database = openDatabase(":memory:");
  return Promise.resolve({
    spool: createEmbeddedAuditSpool(database, { recordsMax: 100 }),
    putByHand: (text) => {
      database.prepare("INSERT INTO audit_spool (record) VALUES (?)").run(text);
      return Promise.resolve();
    },
    [Symbol.asyncDispose]: () => Promise.resolve(database.close()),
  });
});
