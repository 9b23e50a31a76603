import { isObject } from "../../k8s/object_json.ts";

/** Tools whose answers move by themselves. */
const MOVING: ReadonlySet<string> = new Set(["logs.search", "k8s.events", "k8s.resource_usage"]);
/** Members and columns that only time changes, and what is said beside an answer. */
const OF_TIME = /^(age|last ?seen|.*_ago|.*_at|.*_seconds|since|at|timestamp|warnings|events|next)$/i;

/** Whether an answer stays the same as long as nothing happens: only then can a plan depend on it. */
export function isPinned(tool: string, args: Readonly<Record<string, unknown>>): boolean {
  const query = args["query"];
  // Over a time, as in rate(x[5m]), something always moves.
  return !MOVING.has(tool) && !(tool.startsWith("prom.") && typeof query === "string" && /\[|\btime\(/.test(query));
}

/** An answer without what only time changes in it. */
export function lasting(value: unknown): unknown {
  if (Array.isArray(value)) {
    // A sample of Prometheus: [seconds, "value"].
    if (value.length === 2 && typeof value[0] === "number" && typeof value[1] === "string") return [value[1]];
    return value.map(lasting);
  }
  if (!isObject(value)) return value;
  const { columns, rows, total, cluster } = value;
  if (Array.isArray(columns) && Array.isArray(rows)) {
    const kept = columns.flatMap((name, index) => OF_TIME.test(String(name)) ? [] : [index]);
    const cells = rows.map((row) => Array.isArray(row) ? kept.map((index) => row[index]) : row);
    return { columns: kept.map((index) => columns[index]), rows: cells, total, cluster };
  }
  return Object.fromEntries(
    Object.entries(value).filter(([name]) => !OF_TIME.test(name)).map(([name, member]) => [name, lasting(member)]),
  );
}
