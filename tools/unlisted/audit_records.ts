import { z } from "zod";
import type { AuditLog, StoredAuditRecord } from "../../storage/audit_log.ts";
import { readingAudit } from "../audit/reading.ts";
import type { Authorizer } from "../authorizer.ts";
import { defineTool } from "../tool.ts";
import { askedRecords, AUDIT_FILTERS } from "./audit_filters.ts";

const RECORDS_MAX = 200;
/** Milliseconds that are spent on one answer: what is not found by then is the next one's. */
const BUDGET_MS = 2000;
/** Characters of the arguments in a list; a record alone has all that was kept. */
const LISTED_CHARS_MAX = 300;

/**
 * Records of the audit log, newest first, page by page, or the one of a call with all that it holds. Whoever may not read
 * the whole log finds their own alone.
 */
export function auditRecords(audit: Pick<AuditLog, "query" | "scan">, authorizer: Pick<Authorizer, "mayEnter">) {
  return defineTool({
    name: "audit.records",
    toolset: "core",
    summary: "Read audit records",
    description: "Gives records of the audit log that fit, newest first; one alone, by event_id, with all it holds",
    input: z.strictObject({
      event_id: z.uuid().optional().describe("The record of one call"),
      ...AUDIT_FILTERS,
      limit: z.int().min(1).max(RECORDS_MAX).default(100).describe("Records to give at most"),
    }),
    output: z.object({
      records: z.array(z.record(z.string(), z.unknown())).describe("Newest first"),
      own: z.boolean().describe("Only the caller's own records were looked at"),
      next: z.object({ id: z.int(), ms: z.int() }).nullable().describe("Where the rest begins: for before"),
      overdue: z.boolean().describe("It took too long to look at more: there may be more that fit behind next"),
    }),
    effect: "read",
    idempotent: true,
    openWorld: false,
    async run({ event_id: eventId, limit, ...filters }, { principal, signal }) {
      const { own, query } = askedRecords(filters, principal, authorizer);
      if (query === undefined) return { records: [], own, next: null, overdue: false };
      if (eventId !== undefined) {
        const { after: _, ...narrowing } = query;
        const found = await readingAudit(audit.query({ ...narrowing, eventId, limit }));
        return { records: found.map(whole), own, next: null, overdue: false };
      }
      const scanned = await readingAudit(audit.scan({ ...query, limit, budgetMs: BUDGET_MS, signal }));
      const { records, next, isOverdue: overdue } = scanned;
      return { records: records.map(listed), own, next: next ? { id: next.id, ms: next.timeMs } : null, overdue };
    },
  });
}

function listed(record: StoredAuditRecord) {
  const { id, eventId, timestampMs, method, toolName, principal, outcome, errorCode, durationMs, replica } = record;
  return {
    ...{ id, eventId, timeMs: timestampMs, method, tool: toolName ?? null, principal, outcome },
    ...{ errorCode: errorCode ?? null, durationMs, replica, params: record.params.slice(0, LISTED_CHARS_MAX) },
  };
}

function whole(record: StoredAuditRecord) {
  const { id: _id, eventId: _eventId, timestampMs: _ms, params, ...rest } = record;
  const members = Object.entries(rest).map(([name, value]) => [name, value ?? null]);
  return { ...listed(record), params, whole: Object.fromEntries(members) };
}
