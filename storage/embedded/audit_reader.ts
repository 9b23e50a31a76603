import { join } from "node:path";
import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import type { AuditRetention, AuditSnapshot } from "../audit_reader.ts";
import { printTimestamp } from "../audit/columns.ts";
import { INTENTS, OPEN_INTENTS_MAX } from "../audit/intents.ts";
import { BY_CHAIN, byId, ofChain, type PageQuery, pages } from "../audit/paging.ts";
import { cellsOf, CLOSINGS, OPENINGS, type RegisterTable, statementOf, TOMBSTONES } from "../audit/register_tables.ts";
import { attempt } from "./attempt.ts";
import { DATABASE_FILE } from "./database.ts";

/** From chain to chain by the index, since a GROUP BY would read all of it. */
const LAST_SEQS = `WITH RECURSIVE chain AS (
  SELECT * FROM (SELECT chain_id FROM audit_logs ORDER BY chain_id LIMIT 1)
  UNION ALL
  SELECT (SELECT l.chain_id FROM audit_logs AS l WHERE l.chain_id > chain.chain_id ORDER BY l.chain_id LIMIT 1)
  FROM chain WHERE chain.chain_id IS NOT NULL
)
SELECT chain_id, (SELECT max(l.seq) FROM audit_logs AS l WHERE l.chain_id = chain.chain_id) AS seq
FROM chain WHERE chain_id IS NOT NULL`;

const FIRST_SEQS_SINCE = `SELECT chain_id, min(seq) AS seq FROM audit_logs WHERE "timestamp" >= ? GROUP BY chain_id`;

/** While their records still say that they may go. */
const DELETE_INTENTS = `DELETE FROM audit_intents WHERE event_id IN (
  SELECT event_id FROM audit_logs WHERE chain_id = ? AND seq <= ?
)`;

const OPEN_INTENTS = `SELECT * FROM audit_intents AS i
WHERE NOT EXISTS (SELECT 1 FROM audit_logs AS l WHERE l.event_id = i.event_id)
ORDER BY intended_at, event_id LIMIT ${OPEN_INTENTS_MAX}`;

/**
 * Reads the embedded audit log, and removes from it, on a connection of its own a snapshot: another process may be
 * writing, or this one.
 *
 * @param dataDir the folder of `mcp.db`
 */
export function createEmbeddedAuditRetention(dataDir: string): AuditRetention {
  const open = (readOnly: boolean) =>
    attempt(`open the embedded database in DATA_DIR ${JSON.stringify(dataDir)}`, () => {
      const database = new DatabaseSync(join(dataDir, DATABASE_FILE), { readOnly });
      database.exec("PRAGMA busy_timeout=5000");
      return database;
    });
  return {
    async snapshot(work) {
      const database = open(true);
      try {
        database.exec("BEGIN");
        return await work(snapshotOf(database));
      } finally {
        database.close();
      }
    },

    async change(work) {
      const database = open(false);
      try {
        attempt("change the audit log", () => database.exec("BEGIN IMMEDIATE"));
        const result = await work({
          ...snapshotOf(database),
          // deno-lint-ignore require-await -- Async, so that what is thrown rejects.
          remove: async (tombstone) =>
            attempt("remove audit records", () => {
              database.prepare("INSERT INTO audit_tombstones VALUES (?, ?, ?, ?, ?, ?, ?)")
                .run(...cellsOf(TOMBSTONES, tombstone));
              database.prepare(DELETE_INTENTS).run(tombstone.chainId, tombstone.throughSeq);
              const remove = database.prepare("DELETE FROM audit_logs WHERE chain_id = ? AND seq <= ?");
              return Number(remove.run(tombstone.chainId, tombstone.throughSeq).changes);
            }),
        });
        attempt("change the audit log", () => database.exec("COMMIT"));
        return result;
      } finally {
        // What was not committed is undone.
        database.close();
      }
    },
  };
}

/** What can be read in a connection's transaction. */
export function snapshotOf(database: DatabaseSync): AuditSnapshot {
  const read = (sql: string, values: readonly SQLInputValue[] = []) =>
    attempt("read the audit log", () => {
      const statement = database.prepare(sql);
      // Somebody may have put in a number that no double holds.
      statement.setReadBigInts(true);
      return statement.all(...values);
    });
  const table = <Statement>(name: string, columns: RegisterTable<Statement>, chainId?: string) => {
    const [where, values] = chainId === undefined ? ["", []] : [" WHERE chain_id = ?", [chainId]];
    return read(`SELECT * FROM ${name}${where} ORDER BY chain_id`, values).map((row) => statementOf(columns, row));
  };
  const register = (chainId?: string) =>
    Promise.resolve({
      openings: table("audit_chain_openings", OPENINGS, chainId),
      closings: table("audit_chain_closings", CLOSINGS, chainId),
      tombstones: table("audit_tombstones", TOMBSTONES, chainId),
    });
  const seqs = (rows: ReturnType<typeof read>) =>
    new Map(rows.map(({ chain_id, seq }) => [String(chain_id), Number(seq)]));

  const readPages = (query: PageQuery, pageMax: number) =>
    pages<SQLInputValue>(query, pageMax, (behind = []) => {
      const where = query.filters.map(({ left }) => `${left} ?`);
      if (behind.length > 0) where.push(`(${query.key.join(", ")}) > (${behind.map(() => "?").join(", ")})`);
      const condition = where.length > 0 ? `WHERE ${where.join(" AND ")}` : "";
      const values = [...query.filters.map(({ value }) => value), ...behind, pageMax];
      return read(`SELECT * FROM audit_logs ${condition} ORDER BY ${query.key.join(", ")} LIMIT ?`, values);
    });

  return {
    register: () => register(),
    registerOf: (chainId) => register(chainId),
    openIntents: () => Promise.resolve(read(OPEN_INTENTS).map((row) => statementOf(INTENTS, row))),
    lastSeqs: () => Promise.resolve(seqs(read(LAST_SEQS))),
    firstSeqsSince: (ms) => Promise.resolve(seqs(read(FIRST_SEQS_SINCE, [printTimestamp(ms)]))),
    byChain: (pageMax) => readPages(BY_CHAIN, pageMax),
    ofChain: (chainId, fromSeq, pageMax) => readPages(ofChain(chainId, fromSeq), pageMax),
    byId: (range, pageMax) => readPages(byId(range), pageMax),
  };
}
