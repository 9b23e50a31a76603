import type { AuditRetention } from "../audit_reader.ts";
import { cellsOf, TOMBSTONES } from "../audit/register_tables.ts";
import { StorageError } from "../errors.ts";
import { createPostgresAuditReader, snapshotOf } from "./audit_reader.ts";
import type { PostgresConnection } from "./connection.ts";
import type { PostgresSession } from "./session.ts";

/** Names the advisory lock among those of the database. */
const LOCK = 6_202_612;
/** Milliseconds that the removal of one chain's records may take. */
const REMOVE_MS = 15 * 60_000;

const INSERT = `INSERT INTO audit.tombstones (${TOMBSTONES.columns.map(({ name }) => name).join(", ")}) VALUES (${
  TOMBSTONES.columns.map(({ type }, i) => `$${i + 1}${type === "timestamp" ? "::text::timestamp" : ""}`).join(", ")
})`;
/** While their records still say that they may go. */
const DELETE_INTENTS = `DELETE FROM audit.intents AS i USING public.audit_logs AS l
WHERE l.event_id = i.event_id AND l.chain_id = $1 AND l.seq <= $2::bigint`;
const DELETE = "DELETE FROM public.audit_logs WHERE chain_id = $1 AND seq <= $2::bigint";

/** Retention in Postgres; the role has to own the tables. */
export function createPostgresAuditRetention(connection: PostgresConnection): AuditRetention {
  return {
    ...createPostgresAuditReader(connection),
    change: (work) =>
      connection.session(async (session) => {
        await session.query("BEGIN ISOLATION LEVEL REPEATABLE READ");
        await session.query(`SET LOCAL statement_timeout = ${REMOVE_MS}`);
        await lock(session, connection.address);
        const result = await work({
          ...snapshotOf(session),
          async remove(tombstone) {
            await session.query(INSERT, cellsOf(TOMBSTONES, tombstone));
            await session.query(DELETE_INTENTS, [tombstone.chainId, tombstone.throughSeq], REMOVE_MS);
            return (await session.query(DELETE, [tombstone.chainId, tombstone.throughSeq], REMOVE_MS)).count;
          },
        });
        await session.query("COMMIT");
        return result;
      }),
  };
}

/** Who waited would go on with a log as it was before: so the second one gives up. */
async function lock(session: PostgresSession, address: string): Promise<void> {
  const { rows } = await session.query(`SELECT pg_try_advisory_xact_lock(${LOCK}) AS locked`);
  if (rows[0]?.["locked"] === true) return;
  throw new StorageError(`Cannot remove audit records in Postgres at ${address}: somebody else is doing so`);
}
