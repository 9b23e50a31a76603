import { z } from "zod";
import { cutPage, pageMembers, type PageRequest } from "../paging.ts";
import type { Runbook } from "./runbook.ts";

const SUMMARY_CHARS_MAX = 200;
const ALERTS_MAX = 5;

export const severitySchema = z.enum(["critical", "warning", "info", "unspecified"]);

/** A list of runbooks, as it is answered. */
export const foundOutput = z.object({
  runbooks: z.array(z.object({
    id: z.string().describe("For runbook.preview"),
    title: z.string().describe("What it is about"),
    severity: severitySchema.describe("How urgent it is"),
    summary: z.string().describe("What has happened"),
    alerts: z.array(z.string()).optional().describe("Alerts that it is for"),
  })).describe("The urgent ones first"),
  ...pageMembers,
});

export function foundPage(
  runbooks: readonly Runbook[],
  request: PageRequest,
  warnings: readonly string[],
): z.output<typeof foundOutput> {
  const shown = runbooks.map(({ id, title, severity, summary, alerts }) => ({
    ...{ id, title, severity },
    summary: summary.length > SUMMARY_CHARS_MAX ? `${summary.slice(0, SUMMARY_CHARS_MAX).toWellFormed()}…` : summary,
    ...(alerts.length > 0 && { alerts: alerts.slice(0, ALERTS_MAX) }),
  }));
  const { items, ...page } = cutPage(shown, request);
  return { runbooks: items, ...page, ...(warnings.length > 0 && { warnings: [...warnings] }) };
}

export function printFound({ runbooks, returned, total, next, warnings = [] }: z.output<typeof foundOutput>): string {
  const lines = runbooks.map(({ id, severity, title, alerts }) =>
    `${severity} ${id}: ${title}${alerts ? ` (${alerts.join(", ")})` : ""}`
  );
  const more = next === undefined ? [] : [`${returned} of ${total}; next: ${next}`];
  return [...lines, ...more, ...warnings].join("\n") || "none";
}
