import { Buffer } from "node:buffer";
import { z } from "zod";
import { type AuditLog, OUTCOME_WORDS, type StoredAuditRecord } from "../../storage/audit_log.ts";
import type { Clock } from "../../storage/clock.ts";
import type { Authorizer } from "../authorizer.ts";
import { DEFAULT_PAGE_BYTES } from "../paging.ts";
import { defineTool } from "../tool.ts";
import { periodInput, periodOf } from "./period.ts";
import { readingAudit } from "./reading.ts";
import { principalInput, whoseRecords } from "./whose.ts";

const LIMIT_MAX = 200;
/** Records that are looked at for a default answer: a slim one has some 150 bytes. */
const DEFAULT_LIMIT = 50;
/** Characters of params, and of a result, in a default answer. */
const BRIEF_CHARS = 200;

const recordSchema = z.object({
  id: z.int().describe("For before"),
  timestamp: z.string().describe("RFC 3339"),
  tool: z.string().nullable().describe("Null for the list of tools, and for a tool that there is not"),
  principal: z.string(),
  outcome: z.string().describe("ok, tool_error, invalid, denied, rate_limited, timeout, cancelled or internal"),
  duration_ms: z.number(),
  tokens: z.int().describe("Estimated tokens of the result"),
  params: z.string().optional().describe("Redacted JSON; … at its end where it was cut"),
  error: z.string().optional().describe("What the caller was told"),
  full: z.record(z.string(), z.unknown()).optional().describe("Every column, where full was asked for"),
});

/** `audit.query`: what was called, by whom, and how it ended. */
export function auditQuery(
  audit: Pick<AuditLog, "query">,
  authorizer: Pick<Authorizer, "mayEnter">,
  clock: Pick<Clock, "now">,
) {
  return defineTool({
    name: "audit.query",
    toolset: "audit",
    summary: "Query audit records",
    description:
      "Gives records of tool calls, the newest first: your own, or everyone's for an auditor. Narrow it by " +
      "time, tool, outcome or text of params and results. Where there are more, pass next as before.",
    input: z.strictObject({
      tool: z.string().min(1).max(128).optional().describe("Dotted name"),
      outcome: z.enum(OUTCOME_WORDS).optional().describe("How the calls ended"),
      principal: principalInput,
      text: z.string().min(2).max(256).optional().describe("In params or result, any letter case; give a period too"),
      ...periodInput,
      full: z.boolean().default(false).describe("Every column, with params and result"),
      limit: z.int().min(1).max(LIMIT_MAX).optional().describe("Records; default as many as 2,000 tokens hold"),
      before: z.int().min(1).optional().describe("next of the answer before"),
    }),
    output: z.object({
      records: z.array(recordSchema).describe("Newest first"),
      returned: z.int().describe("Records in this answer"),
      next: z.int().optional().describe("Pass as before for older ones"),
    }),
    effect: "read",
    idempotent: true,
    openWorld: false,
    untrusted: "audit records",
    run: async ({ tool, outcome, principal: asked, text, full, limit, before, ...period }, { principal }) => {
      const wanted = limit ?? DEFAULT_LIMIT;
      const found = await readingAudit(audit.query({
        limit: wanted + 1,
        beforeId: before,
        toolName: tool,
        principal: whoseRecords(principal, asked, authorizer),
        outcome,
        text,
        ...periodOf(period, clock),
      }));
      const records = found.slice(0, wanted).map((record) => describe(record, full));
      const shown = limit === undefined ? fitting(records) : records;
      const last = shown.at(-1);
      const hasMore = found.length > shown.length;
      return { records: shown, returned: shown.length, ...(hasMore && last && { next: last.id }) };
    },
  });
}

function describe(record: StoredAuditRecord, full: boolean): z.output<typeof recordSchema> {
  const { id, timestampMs, toolName, principal, outcome, durationMs, resultTokens, params } = record;
  const error = outcome === "ok" ? undefined : messageOf(record.result);
  return {
    ...{ id, timestamp: new Date(timestampMs).toISOString(), tool: toolName ?? null, principal, outcome },
    ...{ duration_ms: durationMs, tokens: resultTokens },
    ...(error !== undefined && { error: brief(error) }),
    ...(full ? { full: { ...record } } : { params: brief(params) }),
  };
}

/** What the record of a failure says. */
function messageOf(result: string): string | undefined {
  const schema = z.object({ error: z.object({ message: z.string() }) });
  try {
    return schema.safeParse(JSON.parse(result)).data?.error.message;
  } catch {
    return undefined; // Cut: it is longer than what is kept.
  }
}

function brief(text: string): string {
  return text.length > BRIEF_CHARS ? `${text.slice(0, BRIEF_CHARS).toWellFormed()}…` : text;
}

/** The first records that a default answer holds, at least one. */
function fitting<Item>(records: readonly Item[]): Item[] {
  let room = DEFAULT_PAGE_BYTES;
  const end = records.findIndex((record, index) =>
    (room -= Buffer.byteLength(JSON.stringify(record)) + 1) < 0 && index > 0
  );
  return end < 0 ? [...records] : records.slice(0, end);
}
