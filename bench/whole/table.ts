import { printTable } from "../../scripts/generated.ts";
import type { Aim } from "./aims.ts";
import type { Row } from "./measure.ts";
import { printStall } from "./stall.ts";
import type { AtShare } from "./steady.ts";

const HEAD = [
  "Load",
  "Subject",
  "Call",
  "calls/s",
  "× echo",
  "p50 / p95 / p99 ms",
  "processor µs",
  "× echo",
  "core, load %",
  "bytes",
  "MiB",
];
/** A load this busy may be what bounds the calls. */
const SATURATED = 0.9;

export function printRows(rows: readonly Row[]): string {
  const lines = rows.map((row) => [
    ...[row.load, row.subject, row.call],
    row.callsPerSecond.toFixed(0),
    row.toEcho.toFixed(2),
    [row.p50Ms, row.p95Ms, row.p99Ms].map((ms) => ms.toFixed(2)).join(" / "),
    row.processorMicros.toFixed(0),
    row.processorToEcho.toFixed(2),
    `${percent(row.serverShare)}, ${percent(row.loadShare)}${row.loadShare > SATURATED ? " (!)" : ""}`,
    row.bytes.toFixed(0),
    row.residentMiB.toFixed(0),
  ]);
  return printTable([HEAD, ...lines]);
}

export function printAims(aims: readonly Aim[]): string {
  const lines = aims.map((
    { what, aim, reached, byProcessor, isMet },
  ) => [what, aim, isMet ? `**${reached}**` : reached, byProcessor, isMet ? "yes" : "no"]);
  return printTable([["What", "Aim", "Reached", "By processor time", "Met"], ...lines]);
}

export function printSteady(steady: AtShare, seconds: number): string {
  const { capacity, callsPerSecond, calls, errors, p50Ms, p95Ms, p99Ms, maxMs, longestStall, stallsOver50Ms } = steady;
  const head = [
    "capacity, calls/s",
    "asked, calls/s",
    "calls",
    "errors",
    "p50 / p95 / p99 / max ms",
    "longest stall",
  ];
  const line = [
    capacity.toFixed(0),
    `${callsPerSecond.toFixed(0)} for ${seconds} s`,
    `${calls}`,
    `${errors}`,
    [p50Ms, p95Ms, p99Ms, maxMs].map((ms) => ms.toFixed(1)).join(" / "),
    `${printStall(longestStall)}; ${stallsOver50Ms} over 50 ms`,
  ];
  return printTable([[...head, "grown MiB"], [...line, steady.grownMiB.toFixed(0)]]);
}

const percent = (share: number) => (share * 100).toFixed(0);
