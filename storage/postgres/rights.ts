import { COLUMNS } from "../audit/columns.ts";
import { StorageError } from "../errors.ts";
import type { PostgresConnection } from "./connection.ts";

/** The server's code for a right that the role does not have. */
const INSUFFICIENT_PRIVILEGE = "42501";

/** Whether an error of a connection means that the role may not do this. */
export function isRefusedRight(error: unknown): boolean {
  if (!(error instanceof StorageError)) return false;
  const { cause } = error;
  return typeof cause === "object" && cause !== null && "code" in cause && cause.code === INSUFFICIENT_PRIVILEGE;
}

/** Every column but `id`: an application that could choose it could put a record before others. */
const INSERTABLE = COLUMNS.map(({ name }) => `"${name}"`).join(", ");
const TABLES =
  "public.audit_logs, audit.chain_openings, audit.chain_closings, audit.tombstones, audit.intents, audit.migrations";

/**
 * Leaves a role with what the server needs of the audit log: to insert and to read. Again without effect; for the owner
 * of the tables, after `migrate`.
 *
 * @throws {StorageError} when there is no such role, it is the owner or may act as one, or this role owns nothing
 */
export async function restrictToInserts(connection: PostgresConnection, role: string): Promise<void> {
  await connection.session(async (session) => {
    const { rows } = await session.query(
      "SELECT rolsuper OR pg_has_role(oid, current_user, 'MEMBER') AS owns FROM pg_catalog.pg_roles WHERE rolname = $1",
      [role],
    );
    if (rows.length === 0) throw new StorageError(`Cannot restrict the role ${JSON.stringify(role)}: there is none`);
    if (rows[0]?.["owns"] !== false) {
      throw new StorageError(
        `Cannot restrict the role ${
          JSON.stringify(role)
        }: it is a superuser, owns the tables or may act as their owner`,
      );
    }
    const name = `"${role.replaceAll('"', '""')}"`;
    // Without parameters, several statements are one transaction.
    await session.query(`
      REVOKE ALL ON ${TABLES} FROM PUBLIC, ${name};
      REVOKE ALL ON SCHEMA audit FROM PUBLIC, ${name};
      GRANT USAGE ON SCHEMA audit TO ${name};
      GRANT SELECT, INSERT (${INSERTABLE}) ON public.audit_logs TO ${name};
      GRANT SELECT, INSERT ON audit.chain_openings, audit.chain_closings, audit.intents TO ${name};
      GRANT SELECT ON audit.tombstones, audit.migrations TO ${name}`);
  });
}
