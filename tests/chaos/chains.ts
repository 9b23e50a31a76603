import { type ChainHead, GENESIS, verifyRecords } from "../../storage/audit/chain.ts";
import { COLUMNS, recordOf } from "../../storage/audit/columns.ts";
import { openPostgres } from "../../storage/postgres/connection.ts";
import type { PostgresSession } from "../../storage/postgres/session.ts";

const PAGE = 2000;
const PAGE_MS = 30_000;

const SELECT = `SELECT id, ${
  COLUMNS.map(({ name, type }) =>
    type === "timestamp" ? `to_char("${name}", 'YYYY-MM-DD HH24:MI:SS.MS') AS "${name}"` : `"${name}"`
  ).join(", ")
} FROM public.audit_logs WHERE chain_id = $1 AND seq > $2 ORDER BY seq, id LIMIT ${PAGE}`;

/** Checks the chains of a log that grows: each time what came since, from the heads that were right before. */
export class ChainWatch {
  readonly #url: string;
  readonly #heads = new Map<string, ChainHead>();

  constructor(databaseUrl: string) {
    this.#url = databaseUrl;
  }

  /** @returns the first break of each chain that is broken, in words. */
  async verify(): Promise<readonly string[]> {
    await using connection = openPostgres(this.#url, { environment: {}, onState: () => {} });
    return await connection.session(async (session) => {
      const { rows } = await session.query("SELECT DISTINCT chain_id FROM public.audit_logs", [], PAGE_MS);
      const breaks: string[] = [];
      for (const row of rows) {
        const found = await this.#verifyChain(session, String(row["chain_id"]));
        if (found !== undefined) breaks.push(found);
      }
      return breaks;
    });
  }

  async #verifyChain(session: PostgresSession, chainId: string): Promise<string | undefined> {
    while (true) {
      const head = this.#heads.get(chainId) ?? GENESIS;
      const { rows } = await session.query(SELECT, [chainId, head.seq], PAGE_MS);
      const records = rows.map(recordOf);
      const broken = verifyRecords(records, head);
      if (broken) return `the chain ${chainId} breaks at ${broken.seq}: ${broken.reason}`;
      const last = records.at(-1);
      if (!last) return undefined;
      this.#heads.set(chainId, { seq: last.seq, hash: last.hash });
    }
  }
}
