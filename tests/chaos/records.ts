import type { PostgresService } from "../services/postgres.ts";
import type { Records } from "./reconcile.ts";

/** The id of the last record; those of what is called from now on are larger. */
export async function lastId(postgres: Pick<PostgresService, "psql">): Promise<number> {
  return Number(await postgres.psql(["-Atc", "SELECT coalesce(max(id), 0) FROM audit_logs"]));
}

/** The log's records of a ledger's calls, behind an id, counted by marker and error code. */
export async function readRecords(
  postgres: Pick<PostgresService, "psql">,
  { name, afterId }: { readonly name: string; readonly afterId: number },
): Promise<readonly Records[]> {
  const marker = `substring(params from '"(${name}\\.[0-9]+)"')`;
  const rows = await postgres.psql([
    "-Atc",
    `SELECT ${marker}, error_code, count(*) FROM audit_logs
     WHERE id > ${afterId} AND ${marker} IS NOT NULL GROUP BY 1, 2`,
  ]);
  return rows.trimEnd().split("\n").filter((row) => row !== "").map((row) => {
    const [text = "", code, count] = row.split("|");
    return { marker: text, errorCode: code === "" ? undefined : Number(code), count: Number(count) };
  });
}
