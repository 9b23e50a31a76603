import type { AuditLog } from "../../storage/audit_log.ts";
import type { Denial } from "../authorizer.ts";
import { ToolError } from "../error.ts";
import { nearest } from "../nearest.ts";
import { redactName } from "../record.ts";
import type { Redactor } from "../redact.ts";
import type { Tool } from "../tool.ts";

const NAME_CHARS_MAX = 128;

/** Made once: they are many when there is least time to make errors. */
const tooManyUnrecorded = new ToolError("overloaded", "Too many calls wait to be put on record", {
  hint: "Try again in a second",
});

/** A call that could not be put on record is refused before it runs. @param room for records @throws {ToolError} */
export function refuseWithoutAudit(state: AuditLog["state"], room: number): void {
  if (state === "away") {
    throw new ToolError("audit_unavailable", "The audit log is away, and no call runs unrecorded", {
      hint: "Try again in a few seconds; the operator finds the reason in /health",
      data: { executed: false },
    });
  }
  if (state === "full" || room <= 0) throw tooManyUnrecorded;
}

/** The policy says no. */
export function forbidden(principal: string, tool: string, { rule, reason }: Denial): ToolError {
  return new ToolError("forbidden", `${principal} may not call ${tool}: ${reason}`, {
    hint: "Ask the operator for a role that allows it, or use another tool",
    data: { rule },
  });
}

/** @param names of the tools that the caller may know of */
export function unknownTool(name: unknown, names: Iterable<string>, redactor: Redactor): ToolError {
  if (typeof name !== "string") {
    return new ToolError("invalid_params", `Expected the tool's name as a string in "name", but got ${typeof name}`, {
      hint: 'Send params {"name": "<tool>", "args": {…}}; mcp.tools.list lists the tools',
    });
  }
  const near = nearest(name, names);
  return new ToolError(
    "unknown_tool",
    `Unknown tool ${JSON.stringify(redactName(name, redactor).slice(0, NAME_CHARS_MAX))}`,
    {
      hint: near.length > 0 ? `Did you mean ${near.join(" or ")}?` : "Call mcp.tools.list for the tools there are",
      data: { near },
    },
  );
}

/** While records go to the spool, what changes something waits for the log itself. */
export function onlySpooled(tool: Tool): ToolError {
  return new ToolError("audit_unavailable", `The audit log is away, and ${tool.name} changes something`, {
    hint: "Tools that only read still answer; try again in a few seconds",
    data: { executed: false },
  });
}

/** The record was not taken, so that the answer may not leave. */
export function unrecorded(executed: boolean, cause: unknown): ToolError {
  return new ToolError("audit_unavailable", "The call could not be put on record", {
    hint: executed ? "The tool has run: check its effect before you call it again" : "Try again later",
    data: { executed },
    cause,
  });
}
