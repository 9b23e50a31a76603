import { z } from "zod";
import type { AuditLog, StoredAuditRecord } from "../../storage/audit_log.ts";
import { StorageError } from "../../storage/errors.ts";
import type { Authorizer } from "../authorizer.ts";
import { ToolError } from "../error.ts";
import { defineTool } from "../tool.ts";

const RECORDS_MAX = 200;
/** Characters of the arguments in a list; a record alone has all that was kept. */
const LISTED_CHARS_MAX = 300;

const OUTCOMES = ["ok", "tool_error", "invalid", "denied", "rate_limited", "timeout", "cancelled", "internal"] as const;

/**
 * Records of the audit log, newest first, page by page, or the one of a call with all that it holds. Whoever may not read
 * the whole log finds their own alone.
 */
export function auditRecords(audit: Pick<AuditLog, "query">, authorizer: Pick<Authorizer, "mayEnter">) {
  return defineTool({
    name: "audit.records",
    toolset: "core",
    summary: "Read audit records",
    description: "Gives records of the audit log that fit, newest first; one alone, by event_id, with all it holds",
    input: z.strictObject({
      event_id: z.uuid().optional().describe("The record of one call"),
      before_id: z.int().min(1).optional().describe("Only records before this id: the last one of the page before"),
      tool: z.string().min(1).max(128).optional().describe("Only calls of this tool"),
      principal: z.string().min(1).max(128).optional().describe("Only calls of this principal"),
      outcome: z.enum(OUTCOMES).optional().describe("Only calls that ended so"),
      text: z.string().min(2).max(256).optional().describe("In params or result, any letter case"),
      from_ms: z.int().min(0).optional().describe("Only calls since, in milliseconds since the epoch"),
      to_ms: z.int().min(0).optional().describe("Only calls before, in milliseconds since the epoch"),
      limit: z.int().min(1).max(RECORDS_MAX).default(100).describe("Records to give at most"),
    }),
    output: z.object({
      records: z.array(z.record(z.string(), z.unknown())).describe("Newest first"),
      own: z.boolean().describe("Only the caller's own records were looked at"),
    }),
    effect: "read",
    idempotent: true,
    openWorld: false,
    async run({ event_id, before_id, tool, principal, outcome, text, from_ms, to_ms, limit }, call) {
      const own = !authorizer.mayEnter(call.principal, "audit").allowed;
      // Nobody else's: what is asked for and what may be seen have nothing in common.
      if (own && principal !== undefined && principal !== call.principal.name) return { records: [], own };
      const records = await read({
        limit,
        eventId: event_id,
        beforeId: before_id,
        toolName: tool,
        principal: own ? call.principal.name : principal,
        outcome,
        text,
        fromMs: from_ms,
        toMs: to_ms,
      });
      return { records: records.map(event_id === undefined ? listed : whole), own };
    },
  });

  async function read(query: Parameters<typeof audit.query>[0]): Promise<readonly StoredAuditRecord[]> {
    try {
      return await audit.query(query);
    } catch (cause) {
      if (!(cause instanceof StorageError)) throw cause;
      throw new ToolError("unavailable", "Cannot read the audit log: its store is away", {
        hint: "Try again in a minute",
        cause,
      });
    }
  }
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
