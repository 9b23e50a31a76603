import { snapshotOf } from "../../../storage/postgres/audit_reader.ts";
import { createPostgresAuditStore } from "../../../storage/postgres/audit_store.ts";
import { createPostgresChainRegister } from "../../../storage/postgres/chain_register.ts";
import { describeTampering } from "../../contracts/tampering.ts";
import { startPostgres } from "../../services/postgres.ts";
import { observe } from "./subject.ts";

describeTampering("Postgres", async () => {
  const service = await startPostgres();
  const { connection } = observe(service.url);
  const superuser = observe(service.url.replace("aiagent:", "postgres:"));
  return {
    store: createPostgresAuditStore(connection),
    register: createPostgresChainRegister(connection),
    tables: {
      openings: "audit.chain_openings",
      closings: "audit.chain_closings",
      tombstones: "audit.tombstones",
    },
    dropUnique: "ALTER TABLE audit_logs DROP CONSTRAINT audit_logs_event_id_key",
    tampered: (statements, work) =>
      superuser.connection.session(async (session) => {
        await session.query("BEGIN");
        await session.query("SET LOCAL session_replication_role = replica");
        for (const statement of statements) await session.query(statement);
        const result = await work(snapshotOf(session));
        await session.query("ROLLBACK");
        return result;
      }),
    async [Symbol.asyncDispose]() {
      await superuser[Symbol.asyncDispose]();
      await connection[Symbol.asyncDispose]();
      await service[Symbol.asyncDispose]();
    },
  };
});
