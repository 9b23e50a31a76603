import type { AuditPlace, AuditScan, AuditScanQuery, StoredAuditRecord } from "../audit_log.ts";
import type { Clock } from "../clock.ts";
import { parseTimestamp, printTimestamp, recordOf } from "./columns.ts";
import { type Filter, filtersOf } from "./filters.ts";

/** Records that one statement looks at: few at first, and then as many as it does in some milliseconds. */
const STEP_MIN = 128;
const STEP_FIRST = 1024;
const STEP_MAX = 16_384;
/** Each may have 32,000 characters to search. */
const TEXT_STEP_MAX = 4096;
/** The embedded log holds up its process for as long as a statement takes. */
const QUICK_MS = 20;
const SLOW_MS = 60;

/** A part of a WHERE, the same in every SQL: `?` is a value, `?t` a time. */
interface Condition {
  readonly sql: string;
  readonly values: readonly (string | number)[];
}

type Row = Readonly<Record<string, unknown>>;

/** What a scan asks its store for. @param tail what follows the table's name */
export type ReadRows = (
  what: "records" | "id" | "time",
  tail: string,
  values: readonly (string | number)[],
) => Promise<readonly Row[]>;

/** How a query is read. */
interface Way {
  readonly byTime: boolean;
  /** What an index finds, in the order of the reading. */
  readonly found: readonly Condition[];
  /** What has to be looked at, record by record. */
  readonly sifted: readonly Condition[];
}

/**
 * Reads records that fit, newest first. Where an index finds them in their order it is one statement; else it goes on in
 * steps over a bounded number of records each, until it has enough or its time is over. So no page costs more for lying
 * deep in the log, and no filter makes a statement that runs for long.
 *
 * @throws {RangeError} for a limit out of its bounds
 */
export async function scanAudit(
  read: ReadRows,
  query: AuditScanQuery,
  clock: Pick<Clock, "elapsed">,
): Promise<AuditScan> {
  const { limit, after, budgetMs, signal } = query;
  const way = wayOf(query);
  const page = async (from: AuditPlace | undefined, through: AuditPlace | undefined, count: number) => {
    const conditions = [...way.found, ...behind(way, from), ...upTo(way, through), ...way.sifted];
    const rows = await read("records", `${whereOf(conditions)} ${orderOf(way)} LIMIT ?`, [
      ...conditions.flatMap(({ values }) => values),
      count,
    ]);
    return rows.map(recordOf);
  };
  // One more than is wanted tells whether there are more.
  if (way.sifted.length === 0) return ended(await page(after, undefined, limit + 1), limit);

  const startedMs = clock.elapsed();
  const stepMax = query.text === undefined ? STEP_MAX : TEXT_STEP_MAX;
  let step = STEP_FIRST;
  let from = after;
  const records: StoredAuditRecord[] = [];
  while (true) {
    signal?.throwIfAborted();
    const stepMs = clock.elapsed();
    const through = await placeBehind(read, way, from, step);
    records.push(...await page(from, through, limit + 1 - records.length));
    const nowMs = clock.elapsed();
    if (records.length > limit || through === undefined) return ended(records, limit);
    from = through;
    if (nowMs - startedMs >= budgetMs) {
      const timeMs = way.byTime ? through.timeMs : await timeOf(read, through);
      return { records, next: { ...through, timeMs }, isOverdue: true };
    }
    if (nowMs - stepMs < QUICK_MS) step = Math.min(step * 2, stepMax);
    else if (nowMs - stepMs > SLOW_MS) step = Math.max(step / 2, STEP_MIN);
  }
}

/** By the index of time where that is narrowed, else by the one of principal or tool and id, else by id. */
function wayOf({ budgetMs: _, after: _after, signal: _signal, ...query }: AuditScanQuery): Way {
  const filters = filtersOf(query);
  const byTime = query.fromMs !== undefined || query.toMs !== undefined;
  const driver = ["principal =", "tool_name ="].find((left) => filters.some((filter) => filter.left === left));
  const isFound = ({ left }: Filter) => byTime ? isTime(left) : left === driver;
  return {
    byTime,
    found: filters.filter(isFound).map(conditionOf),
    sifted: filters.filter((filter) => !isFound(filter)).map(conditionOf),
  };
}

function isTime(left: string): boolean {
  return left.startsWith('"timestamp"');
}

function conditionOf({ left, value }: Filter): Condition {
  return { sql: `${left} ${isTime(left) ? "?t" : "?"}`, values: [value] };
}

function whereOf(conditions: readonly Condition[]): string {
  return conditions.length > 0 ? `WHERE ${conditions.map(({ sql }) => sql).join(" AND ")}` : "";
}

/** The table's own column: what is selected may have its name, and be a text. */
function orderOf({ byTime }: Way): string {
  return byTime ? 'ORDER BY audit_logs."timestamp" DESC, id DESC' : "ORDER BY id DESC";
}

function behind({ byTime }: Way, place: AuditPlace | undefined): readonly Condition[] {
  if (place === undefined) return [];
  if (!byTime) return [{ sql: "id < ?", values: [place.id] }];
  const time = printTimestamp(place.timeMs);
  // The first half is what the index begins at.
  return [{ sql: '"timestamp" <= ?t AND ("timestamp" < ?t OR id < ?)', values: [time, time, place.id] }];
}

/** That place included; a time with all its records. */
function upTo({ byTime }: Way, place: AuditPlace | undefined): readonly Condition[] {
  if (place === undefined) return [];
  return byTime
    ? [{ sql: '"timestamp" >= ?t', values: [printTimestamp(place.timeMs)] }]
    : [{ sql: "id >= ?", values: [place.id] }];
}

/** The place so many records behind another that an index finds; `undefined` where there are fewer. */
async function placeBehind(
  read: ReadRows,
  way: Way,
  from: AuditPlace | undefined,
  step: number,
): Promise<AuditPlace | undefined> {
  const conditions = [...way.found, ...behind(way, from)];
  const values = [...conditions.flatMap(({ values }) => values), step - 1];
  const order = way.byTime ? 'ORDER BY audit_logs."timestamp" DESC' : orderOf(way);
  const [row] = await read(way.byTime ? "time" : "id", `${whereOf(conditions)} ${order} LIMIT 1 OFFSET ?`, values);
  if (row === undefined) return undefined;
  // No record has id 0: what follows a time is earlier.
  return way.byTime ? { id: 0, timeMs: timeIn(row) } : { id: Number(row["id"]), timeMs: 0 };
}

/** When the record of a place came. */
async function timeOf(read: ReadRows, { id }: AuditPlace): Promise<number> {
  const [row] = await read("time", "WHERE id = ?", [id]);
  return row ? timeIn(row) : 0;
}

function timeIn(row: Row): number {
  return timeOr0(parseTimestamp(String(row["timestamp"])));
}

/** What somebody put in as a time may be none. */
function timeOr0(ms: number): number {
  return Number.isNaN(ms) ? 0 : ms;
}

function ended(found: readonly StoredAuditRecord[], limit: number): AuditScan {
  const records = found.slice(0, limit);
  const last = records.at(-1);
  const next = found.length > limit && last ? { id: last.id, timeMs: timeOr0(last.timestampMs) } : undefined;
  return { records, next, isOverdue: false };
}
