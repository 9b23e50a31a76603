import type { AuditSum, AuditSumQuery, Outcome } from "../audit_log.ts";
import { printTimestamp } from "./columns.ts";
import type { Filter } from "./filters.ts";
import { name } from "./storable.ts";

/** What is summed up of the records, the same in every SQL. */
export const SUMS = `SELECT tool_name, outcome, count(*) AS calls, sum(result_tokens) AS tokens,
  avg(duration_ms) AS mean_ms, max(duration_ms) AS max_ms`;
export const SUMS_GROUPS = "GROUP BY tool_name, outcome ORDER BY calls DESC, tool_name, outcome";

export function sumFiltersOf({ principal, fromMs, toMs }: AuditSumQuery): readonly Filter[] {
  return [
    { left: '"timestamp" >=', value: printTimestamp(fromMs) },
    ...(toMs === undefined ? [] : [{ left: '"timestamp" <', value: printTimestamp(toMs) }]),
    ...(principal === undefined ? [] : [{ left: "principal =", value: name(principal) }]),
  ];
}

/** A sum out of a row; numbers may come as number, bigint or text. */
export function sumOf(row: Readonly<Record<string, unknown>>): AuditSum {
  const thousandths = (value: unknown) => Math.round(Number(value) * 1000) / 1000;
  return {
    toolName: row["tool_name"] === null ? undefined : String(row["tool_name"]),
    outcome: String(row["outcome"]) as Outcome, // As it was stored.
    calls: Number(row["calls"]),
    tokens: Number(row["tokens"]),
    meanMs: thousandths(row["mean_ms"]),
    maxMs: thousandths(row["max_ms"]),
  };
}
