import { printTable, withGenerated } from "../scripts/generated.ts";
import type { Micro } from "./micro/run.ts";
import { judge } from "./whole/aims.ts";
import { type Machine, printMachine } from "./whole/machine.ts";
import type { Row } from "./whole/measure.ts";
import type { AtShare } from "./whole/steady.ts";
import { printAims, printRows, printSteady } from "./whole/table.ts";

/** All that one run of `deno task bench` measured. */
export interface Report {
  readonly machine: Machine;
  readonly rounds: number;
  readonly seconds: number;
  readonly rows: readonly Row[];
  /** `undefined` where it was not asked for. */
  readonly steady: (AtShare & { readonly seconds: number }) | undefined;
  readonly micro: readonly Micro[];
}

const DOCUMENT = new URL("../docs/performance.md", import.meta.url);
const RESULTS = new URL("../docs/performance.json", import.meta.url);
/** A figure is not more exact than that. */
const DIGITS = 4;

/** The report in Markdown. */
export function printReport({ machine, rounds, seconds, rows, steady, micro }: Report): string {
  const where = [...printMachine(machine), `medians of ${rounds} rounds of ${seconds} s`];
  const aims = judge(rows, steady);
  return [
    ...where.map((line) => `- ${line}`),
    "",
    ...aims.length > 0 ? [`### Aims\n\n${printAims(aims)}`] : [],
    `### Calls\n\n${printRows(rows)}`,
    ...steady ? [`### At 80 % of capacity\n\n${printSteady(steady, steady.seconds)}`] : [],
    ...micro.length > 0 ? [`### Steps of a call\n\n${printMicro(micro)}`] : [],
  ].join("\n");
}

function printMicro(micro: readonly Micro[]): string {
  const lines = micro.map((
    { group, name, avg, p75, p99 },
  ) => [group, name, ...[avg, p75, p99].map((us) => us.toPrecision(3))]);
  return printTable([["Group", "Step", "mean µs", "p75 µs", "p99 µs"], ...lines]);
}

/** Writes docs/performance.json, and its part of docs/performance.md. */
export async function writeReport(report: Report): Promise<void> {
  const rows = report.rows.map(({ rounds: _, ...row }) => row);
  const exact = { ...report, aims: judge(report.rows, report.steady), rows };
  await Deno.writeTextFile(RESULTS, roundedJson(exact));
  const document = await Deno.readTextFile(DOCUMENT);
  await Deno.writeTextFile(DOCUMENT, withGenerated(document, "performance", printReport(report), "bench --write"));
}

/** A text of JSON whose numbers are no more exact than what was measured. */
export function roundedJson(value: unknown): string {
  const round = (_: string, member: unknown) =>
    typeof member === "number" && !Number.isInteger(member) ? Number(member.toPrecision(DIGITS)) : member;
  return `${JSON.stringify(value, round, 2)}\n`;
}
