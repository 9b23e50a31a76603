import type { AuditQuery, AuditRecord, AuditStore, SealedRecord, StoredAuditRecord } from "../audit_log.ts";
import { cellOf, COLUMNS, recordOf } from "../audit/columns.ts";
import { type Filter, filtersOf } from "../audit/filters.ts";
import { cellsOf, OPENINGS } from "../audit/register_tables.ts";
import { type ReadRows, scanAudit } from "../audit/scan.ts";
import { sumFiltersOf, sumOf, SUMS, SUMS_GROUPS } from "../audit/sums.ts";
import { systemClock } from "../clock.ts";
import { StorageError } from "../errors.ts";
import { arrayLiteral } from "./array_literal.ts";
import { SELECT, timestampText } from "./audit_rows.ts";
import type { PostgresConnection } from "./connection.ts";
import { migrateWhereDue } from "./migrate.ts";
import { isRefusedRight } from "./rights.ts";

const TYPES = {
  uuid: "uuid",
  timestamp: "timestamp",
  text: "text",
  integer: "bigint",
  real: "double precision",
} as const;

const NAMES = COLUMNS.map(({ name }) => `"${name}"`).join(", ");

/**
 * One array a column and one statement a batch; ids follow the order of the arrays. What is there already stays as it
 * is: neither a conflict target nor RETURNING, since these would need the right to read the table.
 */
const INSERT = `INSERT INTO public.audit_logs (${NAMES}) SELECT * FROM unnest(${
  COLUMNS.map(({ type }, i) => `$${i + 1}::${TYPES[type]}[]`).join(", ")
}) ON CONFLICT DO NOTHING`;

/** A batch of one, as most are while few call: without `unnest` who called alone is answered 5 % sooner. */
const INSERT_ONE = `INSERT INTO public.audit_logs (${NAMES}) VALUES (${
  COLUMNS.map(({ type }, i) => `$${i + 1}::text::${TYPES[type]}`).join(", ")
}) ON CONFLICT DO NOTHING`;

/** The same as the first together with the openings of the chains that begin in the batch. */
const INSERT_WITH_OPENINGS = `WITH openings AS (
  INSERT INTO audit.chain_openings (${OPENINGS.columns.map(({ name }) => name).join(", ")}) SELECT * FROM unnest(${
  OPENINGS.columns.map(({ type }, i) => `$${COLUMNS.length + i + 1}::${TYPES[type]}[]`).join(", ")
}) ON CONFLICT DO NOTHING
) ${INSERT}`;

const MISSING = `SELECT event_id FROM unnest($1::uuid[], $2::text[]) AS written (event_id, hash)
WHERE NOT EXISTS (SELECT FROM public.audit_logs AS l WHERE l.event_id = written.event_id AND l.hash = written.hash)`;

/**
 * The audit log in Postgres, which may be away when this is built: the schema is brought up to date each time the
 * server is found, before the first statement.
 */
export function createPostgresAuditStore(connection: PostgresConnection): AuditStore {
  connection.onConnect((session) => migrateWhereDue(connection, session));
  return {
    get available() {
      return connection.state !== "disconnected";
    },

    async write(batch) {
      if (batch.length === 0) return;
      const { count } = await connection.query("write", ...insertOf(batch));
      if (count < batch.length) await expectWritten(connection, batch);
    },

    async query(query: AuditQuery): Promise<readonly StoredAuditRecord[]> {
      const filters = filtersOf(query);
      const sql = `${SELECT}${whereOf(filters, 2)} ORDER BY id DESC LIMIT $1`;
      const { rows } = await connection.query("read", sql, [query.limit, ...filters.map(({ value }) => value)]);
      return rows.map(recordOf);
    },

    scan(query) {
      const read: ReadRows = async (what, tail, values) => {
        let number = 0;
        const text = `${SCANNED[what]} ${tail}`.replace(/\?t?/g, (sign) => `$${++number}${sign === "?t" ? TIME : ""}`);
        return (await connection.query("read", text, values)).rows;
      };
      return scanAudit(read, query, systemClock);
    },

    async sums(query) {
      const filters = sumFiltersOf(query);
      const sql = `${SUMS} FROM public.audit_logs${whereOf(filters, 1)} ${SUMS_GROUPS}`;
      const { rows } = await connection.query("read", sql, filters.map(({ value }) => value));
      return rows.map(sumOf);
    },

    [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose](),
  };
}

/** The statement that writes a batch, and its parameters. */
function insertOf(batch: readonly SealedRecord[]): [sql: string, parameters: readonly (string | null)[]] {
  const openings = batch.flatMap(({ opening }) => opening ? [cellsOf(OPENINGS, opening)] : []);
  const [only] = batch;
  if (batch.length === 1 && only && openings.length === 0) {
    return [INSERT_ONE, COLUMNS.map((column) => textOf(cellOf(only, column)))];
  }
  const columns = COLUMNS.map((column) => arrayLiteral(batch.map((record) => cellOf(record, column))));
  return openings.length === 0 ? [INSERT, columns] : [INSERT_WITH_OPENINGS, [...columns, ...arraysOf(openings)]];
}

function textOf(cell: string | number | null): string | null {
  return cell === null ? null : `${cell}`;
}

const TIME = "::text::timestamp";

/** What a scan reads. */
const SCANNED = {
  records: SELECT,
  id: "SELECT id FROM public.audit_logs",
  time: `SELECT ${timestampText("timestamp")} FROM public.audit_logs`,
} as const;

/** @param first number of the first parameter */
function whereOf(filters: readonly Filter[], first: number): string {
  const conditions = filters.map(({ left }, i) => `${left} $${first + i}${left.startsWith('"timestamp"') ? TIME : ""}`);
  return conditions.length > 0 ? ` WHERE ${conditions.join(" AND ")}` : "";
}

/** Rows as one array a column. */
function arraysOf(rows: readonly (readonly (string | number)[])[]): readonly string[] {
  return OPENINGS.columns.map((_, column) => arrayLiteral(rows.map((row) => row[column] ?? null)));
}

/**
 * Fewer rows than records were inserted. A batch that is tried again is there already; but a conflict may also come from
 * an id that somebody took by hand, or an event id used twice, and must not swallow a record.
 */
async function expectWritten(connection: PostgresConnection, batch: readonly AuditRecord[]): Promise<void> {
  const events = arrayLiteral(batch.map(({ eventId }) => eventId));
  const hashes = arrayLiteral(batch.map(({ hash }) => hash));
  let missing;
  try {
    missing = (await connection.query("write", MISSING, [events, hashes])).rows;
  } catch (error) {
    // A role that may insert and no more: only the retried batch is left as an explanation, and the verifier.
    if (isRefusedRight(error)) return;
    throw error;
  }
  if (missing.length === 0) return;
  const first = String(missing[0]?.["event_id"]);
  throw new StorageError(
    `Postgres at ${connection.address} did not take ${missing.length} of ${batch.length} audit records: the id or the ` +
      `event id of the first, ${first}, is another record's`,
  );
}
