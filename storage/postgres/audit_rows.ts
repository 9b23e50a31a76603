import { COLUMNS } from "../audit/columns.ts";

/** A time as text in one form, whatever the DateStyle of the database. */
export function timestampText(column: string): string {
  return `to_char("${column}", 'YYYY-MM-DD HH24:MI:SS.MS') AS "${column}"`;
}

/** Reads rows that `recordOf` understands. */
export const SELECT = `SELECT id, ${
  COLUMNS.map(({ name, type }) => type === "timestamp" ? timestampText(name) : `"${name}"`).join(", ")
} FROM public.audit_logs`;
