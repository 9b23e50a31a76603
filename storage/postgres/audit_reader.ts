import type { AuditReader, AuditSnapshot, Register } from "../audit_reader.ts";
import { printTimestamp } from "../audit/columns.ts";
import { INTENTS, OPEN_INTENTS_MAX } from "../audit/intents.ts";
import { BY_CHAIN, byId, ofChain, type PageQuery, pages } from "../audit/paging.ts";
import { CLOSINGS, OPENINGS, type RegisterTable, statementOf, TOMBSTONES } from "../audit/register_tables.ts";
import { SELECT, timestampText } from "./audit_rows.ts";
import type { PostgresConnection } from "./connection.ts";
import type { Parameter, PostgresSession, Row } from "./session.ts";

/** From chain to chain by the index, since a DISTINCT would read all of it. */
const LAST_SEQS = `WITH RECURSIVE chain AS (
  (SELECT chain_id FROM public.audit_logs ORDER BY chain_id LIMIT 1)
  UNION ALL
  SELECT (SELECT l.chain_id FROM public.audit_logs AS l WHERE l.chain_id > chain.chain_id ORDER BY l.chain_id LIMIT 1)
  FROM chain WHERE chain.chain_id IS NOT NULL
)
SELECT chain_id, (SELECT max(l.seq) FROM public.audit_logs AS l WHERE l.chain_id = chain.chain_id) AS seq
FROM chain WHERE chain_id IS NOT NULL`;

const FIRST_SEQS_SINCE = `SELECT chain_id, min(seq) AS seq FROM public.audit_logs
WHERE "timestamp" >= $1::text::timestamp GROUP BY chain_id`;

const OPEN_INTENTS = `SELECT ${columnsOf(INTENTS)} FROM audit.intents AS i
WHERE NOT EXISTS (SELECT FROM public.audit_logs AS l WHERE l.event_id = i.event_id)
ORDER BY intended_at, event_id LIMIT ${OPEN_INTENTS_MAX}`;

/** Reads the audit log in Postgres, each snapshot on a connection of its own; the role needs to read, no more. */
export function createPostgresAuditReader(connection: PostgresConnection): AuditReader {
  return {
    snapshot: (work) =>
      connection.session(async (session) => {
        await session.query("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY");
        const result = await work(snapshotOf(session));
        // Nothing is to be undone where the work throws: the session ends.
        await session.query("COMMIT");
        return result;
      }),
  };
}

/** What can be read in a session's transaction. */
export function snapshotOf(session: PostgresSession): AuditSnapshot {
  return {
    register: () => readRegister(session),
    registerOf: (chainId) => readRegister(session, chainId),
    openIntents: async () => (await session.query(OPEN_INTENTS)).rows.map((row) => statementOf(INTENTS, row)),
    lastSeqs: async () => seqsOf((await session.query(LAST_SEQS)).rows),
    firstSeqsSince: async (ms) => seqsOf((await session.query(FIRST_SEQS_SINCE, [printTimestamp(ms)])).rows),
    byChain: (pageMax) => readPages(session, BY_CHAIN, pageMax),
    ofChain: (chainId, fromSeq, pageMax) => readPages(session, ofChain(chainId, fromSeq), pageMax),
    byId: (range, pageMax) => readPages(session, byId(range), pageMax),
  };
}

function readPages(session: PostgresSession, query: PageQuery, pageMax: number) {
  return pages<Row[string]>(query, pageMax, async (behind = []) => {
    const values = [...query.filters.map(({ value }) => value), ...behind, pageMax];
    const where = query.filters.map(({ left }) =>
      `${left} ?${left.startsWith('"timestamp"') ? "::text::timestamp" : ""}`
    );
    if (behind.length > 0) where.push(`(${query.key.join(", ")}) > (${behind.map(() => "?").join(", ")})`);
    let number = 0;
    const condition = where.length > 0 ? `WHERE ${where.join(" AND ")}` : "";
    const text = `${SELECT} ${condition} ORDER BY ${query.key.join(", ")} LIMIT ?`.replaceAll(
      "?",
      () => `$${++number}`,
    );
    // No column of a key is a boolean.
    return (await session.query(text, values as Parameter[])).rows;
  });
}

/** @param chainId of all chains where left out */
async function readRegister(session: PostgresSession, chainId?: string): Promise<Register> {
  return {
    openings: await readTable(session, "audit.chain_openings", OPENINGS, chainId),
    closings: await readTable(session, "audit.chain_closings", CLOSINGS, chainId),
    tombstones: await readTable(session, "audit.tombstones", TOMBSTONES, chainId),
  };
}

async function readTable<Statement>(
  session: PostgresSession,
  table: string,
  columns: RegisterTable<Statement>,
  chainId: string | undefined,
): Promise<readonly Statement[]> {
  const [where, values] = chainId === undefined ? ["", []] : [" WHERE chain_id = $1", [chainId]];
  const { rows } = await session.query(`SELECT ${columnsOf(columns)} FROM ${table}${where} ORDER BY chain_id`, values);
  return rows.map((row) => statementOf(columns, row));
}

function columnsOf<Statement>({ columns }: RegisterTable<Statement>): string {
  return columns.map(({ name, type }) => type === "timestamp" ? timestampText(name) : `"${name}"`).join(", ");
}

function seqsOf(rows: readonly Row[]): ReadonlyMap<string, number> {
  return new Map(rows.map(({ chain_id, seq }) => [String(chain_id), Number(seq)]));
}
