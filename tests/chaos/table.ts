import { printPercent } from "./memory.ts";
import type { Outcome } from "./run.ts";

/** A scenario that could not be run here, which is not the same as one that passed. */
export interface NotRun {
  readonly name: string;
  readonly notRun: string;
}

export type Row = Outcome | NotRun;

const HEAD = ["scenario", "answered", "on record", "missing", "duplicated", "refused", "unanswered", "recovery s"];

/** One row as a line of the table. */
export function printRow(row: Row): string {
  return `| ${cellsOf(row).join(" | ")} |`;
}

/** The rows as a Markdown table, with the sums under it and what broke a promise below. */
export function printTable(rows: readonly Row[]): string {
  const run = rows.filter((row) => "answered" in row);
  const sum = (of: (row: Outcome) => number) => run.reduce((total, row) => total + of(row), 0);
  const slowest = Math.max(0, ...run.map(({ recoveryMs = 0 }) => recoveryMs));
  const lines = [
    HEAD,
    HEAD.map((_, i) => i === 0 ? "---" : "--:"),
    ...rows.map(cellsOf),
    [
      "**all**",
      ...[
        sum(({ answered }) => answered),
        sum(({ onRecord }) => onRecord),
        sum(({ missing }) => missing),
        sum(({ duplicated }) => duplicated),
        sum(({ refused }) => refused),
        sum(({ unanswered }) => unanswered),
      ].map(String),
      seconds(slowest),
    ],
  ].map((cells) => `| ${cells.join(" | ")} |`);
  const violations = run.flatMap(({ name, violations }) => violations.map((words) => `- ${name}: ${words}`));
  const notRun = rows.flatMap((row) => "notRun" in row ? [`- ${row.name} was not run: ${row.notRun}`] : []);
  return [...lines, "", ...violations, ...notRun].join("\n").trimEnd();
}

function cellsOf(row: Row): readonly string[] {
  if ("notRun" in row) return [row.name, "not run", ...HEAD.slice(2).map(() => "–")];
  const { name, answered, onRecord, missing, duplicated, refused, unanswered, recoveryMs } = row;
  const counts = [answered, onRecord, missing, duplicated, refused, unanswered].map(String);
  return [name, ...counts, recoveryMs === undefined ? "–" : seconds(recoveryMs)];
}

/** The memory of each process, in tenths of its life. */
export function printMemory(rows: readonly Row[]): string {
  return rows.flatMap((row) =>
    "notRun" in row ? [] : row.memory.map(({ server, tenthsMib, secondHalfGrowth }) => {
      const growth = secondHalfGrowth === undefined ? "" : `, second half ${printPercent(secondHalfGrowth)}`;
      return `${row.name} ${server}: ${tenthsMib.map((mib) => mib.toFixed(0)).join(" ")} MiB${growth}`;
    })
  ).join("\n");
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(1);
}
