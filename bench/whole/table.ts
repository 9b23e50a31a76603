import type { Row } from "./measure.ts";

const HEAD = [
  "Load",
  "Subject",
  "Call",
  "calls/s",
  "× echo",
  "p50 / p95 / p99 ms",
  "processor µs",
  "× echo's",
  "core / load",
  "bytes",
  "MiB",
];
/** A generator this busy may be what bounds the calls. */
export const SATURATED = 0.9;

/** The rows as a table of Markdown. */
export function printTable(rows: readonly Row[]): string {
  const lines = rows.map((row) => [
    row.load,
    row.subject,
    row.call,
    Math.round(row.callsPerSecond),
    row.toEcho.toFixed(2),
    [row.p50Ms, row.p95Ms, row.p99Ms].map((ms) => ms.toFixed(2)).join(" / "),
    Math.round(row.processorMicros),
    row.processorToEcho.toFixed(2),
    `${percent(row.serverShare)} / ${percent(row.loadShare)}${row.loadShare > SATURATED ? "!" : ""}`,
    Math.round(row.bytes),
    Math.round(row.residentMiB),
  ]);
  return [HEAD, HEAD.map(() => "---"), ...lines].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

const percent = (share: number) => `${Math.round(share * 100)} %`;
