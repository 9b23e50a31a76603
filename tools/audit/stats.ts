import { z } from "zod";
import type { AuditLog } from "../../storage/audit_log.ts";
import type { Clock } from "../../storage/clock.ts";
import type { Authorizer } from "../authorizer.ts";
import { cutPage, pageInput, pageMembers } from "../paging.ts";
import { defineTool } from "../tool.ts";
import { periodInput, periodOf } from "./period.ts";
import { readingAudit } from "./reading.ts";
import { principalInput, whoseRecords } from "./whose.ts";

const ROWS_MAX = 500;
const DEFAULT_SECONDS = 3600;

/** `audit.stats`: how often, how long and how dear the tools were. */
export function auditStats(
  audit: Pick<AuditLog, "sums">,
  authorizer: Pick<Authorizer, "mayEnter">,
  clock: Pick<Clock, "now">,
) {
  return defineTool({
    name: "audit.stats",
    toolset: "audit",
    summary: "Sum up audit records",
    description: "Sums up tool calls by tool and outcome: how many, how long, how many tokens; your own or, for an " +
      `auditor, everyone's. The last ${DEFAULT_SECONDS} seconds unless a period is given.`,
    input: z.strictObject({ principal: principalInput, ...periodInput, ...pageInput(ROWS_MAX) }),
    output: z.object({
      from: z.string().describe("Beginning of the period, RFC 3339"),
      calls: z.int().describe("All calls of the period"),
      failed: z.int().describe("Those that did not end in ok"),
      tokens: z.int().describe("Estimated tokens of all results"),
      tools: z.array(z.object({
        tool: z.string().nullable().describe("Null for the list of tools, and for tools that there are not"),
        outcome: z.string(),
        calls: z.int(),
        tokens: z.int(),
        mean_ms: z.number(),
        max_ms: z.number(),
      })).describe("By tool and outcome, the most calls first"),
      ...pageMembers,
    }),
    effect: "read",
    idempotent: true,
    openWorld: false,
    run: async ({ principal: asked, limit, cursor, ...period }, { principal }) => {
      const { fromMs = clock.now() - DEFAULT_SECONDS * 1000, toMs } = periodOf(period, clock);
      const whose = whoseRecords(principal, asked, authorizer);
      const sums = await readingAudit(audit.sums({ fromMs, toMs, principal: whose }));
      const total = (value: (sum: (typeof sums)[number]) => number) => sums.reduce((all, sum) => all + value(sum), 0);
      const rows = sums.map(({ toolName, outcome, calls, tokens, meanMs, maxMs }) => ({
        ...{ tool: toolName ?? null, outcome, calls, tokens, mean_ms: meanMs, max_ms: maxMs },
      }));
      const { items: tools, ...page } = cutPage(rows, { limit, cursor });
      return {
        from: new Date(fromMs).toISOString(),
        calls: total(({ calls }) => calls),
        failed: total(({ outcome, calls }) => outcome === "ok" ? 0 : calls),
        tokens: total(({ tokens }) => tokens),
        tools,
        ...page,
      };
    },
  });
}
