import { z } from "zod";
import type { AuditLog } from "../../storage/audit_log.ts";
import { StorageError } from "../../storage/errors.ts";
import { ToolError } from "../error.ts";
import { defineTool } from "../tool.ts";

const RECORDS = 50;

/** The last records of the audit log, newest first, each with what was asked and how it ended. */
export function recentAudit(audit: Pick<AuditLog, "query">) {
  return defineTool({
    name: "audit.recent",
    toolset: "core",
    summary: "Read recent audit records",
    description: `Gives the last ${RECORDS} records of the audit log, newest first`,
    input: z.strictObject({}),
    output: z.object({ records: z.array(z.record(z.string(), z.unknown())).describe("Newest first") }),
    effect: "read",
    idempotent: true,
    openWorld: false,
    async run() {
      try {
        const records = await audit.query({ limit: RECORDS });
        return {
          records: records.map(({ id, timestampMs, method, toolName, principal, outcome, ...rest }) => ({
            id,
            timestamp: new Date(timestampMs).toISOString(),
            method,
            tool: toolName ?? null,
            principal,
            outcome,
            errorCode: rest.errorCode ?? null,
            durationMs: rest.durationMs,
            dialect: rest.dialect,
            client: rest.clientName ?? null,
            params: rest.params,
            traceId: rest.traceId ?? null,
            replica: rest.replica,
          })),
        };
      } catch (cause) {
        if (!(cause instanceof StorageError)) throw cause;
        throw new ToolError("unavailable", "Cannot read the audit log: its store is away", {
          hint: "Try again in a minute",
          cause,
        });
      }
    },
  });
}
