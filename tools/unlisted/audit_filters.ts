import { z } from "zod";
import { type AuditScanQuery, OUTCOME_WORDS } from "../../storage/audit_log.ts";
import type { Authorizer } from "../authorizer.ts";
import type { Principal } from "../call_context.ts";

/** Milliseconds that a date can have. */
const MS_MAX = 8_640_000_000_000_000;
const ms = () => z.int().min(0).max(MS_MAX);

/** What narrows a question to the audit log. */
export const AUDIT_FILTERS = {
  tool: z.string().min(1).max(128).optional().describe("Only calls of this tool"),
  principal: z.string().min(1).max(128).optional().describe("Only calls of this principal"),
  outcome: z.enum(OUTCOME_WORDS).optional().describe("Only calls that ended so"),
  text: z.string().min(2).max(256).optional().describe("In params or result, any letter case"),
  from_ms: ms().optional().describe("Only calls since, in milliseconds since the epoch"),
  to_ms: ms().optional().describe("Only calls before, in milliseconds since the epoch"),
  before: z.strictObject({ id: z.int().min(0), ms: ms() }).optional().describe(
    "Goes on there: next of the answer before",
  ),
};

export type AuditFilters = z.output<z.ZodObject<typeof AUDIT_FILTERS>>;

/** Which records a question is about. */
export interface AskedRecords {
  /** Only the caller's own are looked at. */
  readonly own: boolean;
  /** `undefined`: none, since it asks for somebody else's. */
  readonly query: Omit<AuditScanQuery, "limit" | "budgetMs"> | undefined;
}

/** Whoever may not read the whole log finds their own records alone. */
export function askedRecords(
  { tool, principal, outcome, text, from_ms, to_ms, before }: AuditFilters,
  caller: Principal,
  authorizer: Pick<Authorizer, "mayEnter">,
): AskedRecords {
  const own = !authorizer.mayEnter(caller, "audit").allowed;
  // What is asked for and what may be seen have nothing in common.
  if (own && principal !== undefined && principal !== caller.name) return { own, query: undefined };
  const query = {
    toolName: tool,
    principal: own ? caller.name : principal,
    outcome,
    text,
    fromMs: from_ms,
    toMs: to_ms,
    after: before && { id: before.id, timeMs: before.ms },
  };
  return { own, query };
}
