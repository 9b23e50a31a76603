import { isObject } from "../core/json.ts";

/** Rows and columns of a reply. */
export interface Table {
  /** The member of the result that has the rows; empty where the result is the list. */
  readonly name: string;
  readonly columns: readonly string[];
  readonly rows: readonly Readonly<Record<string, unknown>>[];
}

const COLUMNS_MAX = 30;
/** Rows that are looked at for their columns. */
const SAMPLE = 200;

/** The longest list of objects in a reply's result; `undefined` where there is none. */
export function findTable(reply: unknown): Table | undefined {
  const result = isObject(reply) ? reply["result"] : undefined;
  const lists = isObject(result) ? Object.entries(result) : [["", result] as const];
  const found = lists.flatMap(([name, rows]) => isRows(rows) ? [{ name, rows: rows.map(flatten) }] : [])
    .sort((a, b) => b.rows.length - a.rows.length)[0];
  if (!found) return undefined;
  const columns = new Set(found.rows.slice(0, SAMPLE).flatMap((row) => Object.keys(row)));
  return { ...found, columns: [...columns].slice(0, COLUMNS_MAX) };
}

function isRows(value: unknown): value is readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) && value.length > 0 && value.every(isObject);
}

/** One level of objects becomes columns of its own, as the labels of a metric. */
function flatten(row: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(row).flatMap(([name, value]) =>
      isObject(value) && Object.keys(value).length > 0 && Object.keys(value).length <= 12
        ? Object.entries(value).map(([inner, cell]) => [`${name}.${inner}`, cell])
        : [[name, value]]
    ),
  );
}

/** A cell's text. */
export function printCell(value: unknown): string {
  if (value === undefined) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}
