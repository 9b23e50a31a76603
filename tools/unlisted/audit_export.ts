import { z } from "zod";
import type { Authorizer } from "../authorizer.ts";
import { defineTool } from "../tool.ts";
import { askedRecords, AUDIT_FILTERS } from "./audit_filters.ts";

/** What an export may hold at most: who needs more has `deno task audit export`. */
export const EXPORT_ROWS_MAX = 100_000;
export const EXPORT_BYTES_MAX = 67_108_864;

export const auditExportInput = z.strictObject({
  format: z.enum(["jsonl", "csv"]).describe("JSON lines or RFC 4180"),
  ...AUDIT_FILTERS,
});

/** How an export ended. */
export const EXPORT_ENDS = ["complete", "rows", "bytes", "time", "left", "failed", "stopped"] as const;

/**
 * Begins the export of what fits: authorized, limited and on record before the first line leaves. The lines themselves
 * are no result, so that the log does not hold itself again; `audit.export_end` tells what became of it.
 */
export function auditExport(authorizer: Pick<Authorizer, "mayEnter">) {
  return defineTool({
    name: "audit.export",
    toolset: "core",
    summary: "Export audit records",
    description: "Begins the export of the records of the audit log that fit, newest first",
    input: auditExportInput,
    output: z.object({
      export: z.string().describe("The record of this call, which that of the end names"),
      own: z.boolean().describe("Only the caller's own records are looked at"),
      rows_max: z.int(),
      bytes_max: z.int(),
    }),
    effect: "read",
    idempotent: true,
    openWorld: false,
    run({ format: _, ...filters }, { principal, recordId }) {
      const { own } = askedRecords(filters, principal, authorizer);
      return Promise.resolve({ export: recordId, own, rows_max: EXPORT_ROWS_MAX, bytes_max: EXPORT_BYTES_MAX });
    },
  });
}

/** Puts on record what an export came to. Its arguments say all; a refusal of it holds them too. */
export const auditExportEnd = defineTool({
  name: "audit.export_end",
  toolset: "core",
  summary: "End an export",
  description: "Puts on record what an export of audit records came to",
  input: z.strictObject({
    export: z.uuid().describe("The record of its beginning"),
    rows: z.int().min(0).describe("Records that were sent"),
    bytes: z.int().min(0).describe("Bytes that were sent"),
    ended: z.enum(EXPORT_ENDS).describe("How it ended"),
  }),
  output: z.object({}),
  effect: "read",
  idempotent: true,
  openWorld: false,
  run: () => Promise.resolve({}),
});
