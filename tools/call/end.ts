import type { ToolError } from "../error.ts";
import { type CallEnd, OUTCOMES } from "../record.ts";
import type { Redactor } from "../redact.ts";
import type { Shaped } from "../shape.ts";
import type { CallRequest } from "./request.ts";

/** The end of a call that gave a result. @param recorded the result as JSON, redacted */
export function endOfResult(
  request: CallRequest,
  { bytes, tokens }: Shaped,
  recorded: string,
  redactor: Redactor,
): CallEnd {
  return {
    toolName: recordedName(request),
    params: printRedacted(request.args ?? {}, redactor),
    result: recorded,
    resultBytes: bytes,
    resultTokens: tokens,
    outcome: "ok",
    errorCode: undefined,
  };
}

/** The end of a call that was refused or failed. @param error in words that may leave */
export function endOfError(request: CallRequest, error: ToolError, errorCode: number, redactor: Redactor): CallEnd {
  return {
    toolName: recordedName(request),
    params: printRedacted(request.args ?? {}, redactor),
    result: JSON.stringify({ error: { code: errorCode, kind: error.kind, message: error.message } }),
    resultBytes: 0,
    resultTokens: 0,
    outcome: OUTCOMES[error.kind],
    errorCode,
  };
}

export function printRedacted(value: unknown, { redact }: Redactor): string {
  return JSON.stringify(redact(value));
}

/** The guide counts `mcp.tools.list` calls under no tool. */
function recordedName({ method, tool }: CallRequest): string | undefined {
  return typeof tool === "string" && method !== "mcp.tools.list" ? tool : undefined;
}
