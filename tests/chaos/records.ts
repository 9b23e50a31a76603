import type { PostgresService } from "../services/postgres.ts";
import type { Records } from "./reconcile.ts";

/** The log's records of a ledger's calls, counted by marker and error code. */
export async function readRecords(
  postgres: Pick<PostgresService, "psql">,
  ledger: string,
): Promise<readonly Records[]> {
  const marker = `substring(params from '"(${ledger}\\.[0-9]+)"')`;
  const rows = await postgres.psql([
    "-Atc",
    `SELECT ${marker}, error_code, count(*) FROM audit_logs WHERE ${marker} IS NOT NULL GROUP BY 1, 2`,
  ]);
  return rows.trimEnd().split("\n").filter((row) => row !== "").map((row) => {
    const [text = "", code, count] = row.split("|");
    return { marker: text, errorCode: code === "" ? undefined : Number(code), count: Number(count) };
  });
}
