import type { AuditEntry, AuditLog, Outcome } from "../storage/audit_log.ts";
import type { Clock, Ids } from "../storage/clock.ts";
import { StorageError } from "../storage/errors.ts";
import type { RateDecision, RateLimiter } from "../storage/rate_limiter.ts";
import { readArguments } from "./arguments.ts";
import type { AccessRequest, Authorizer, CallLimits } from "./authorizer.ts";
import type { CallContext } from "./call_context.ts";
import { withDeadline } from "./deadline.ts";
import { ToolError, type ToolErrorKind } from "./error.ts";
import { nearest } from "./nearest.ts";
import { type CallEnd, openRecord, OUTCOMES } from "./record.ts";
import { builtInRedactor, type Redactor } from "./redact.ts";
import { shape, type Shaped } from "./shape.ts";
import type { Tool } from "./tool.ts";

/** A call as it came: nothing of it is checked. */
export interface CallRequest {
  /** The method that carried it, for the record. */
  readonly method: string;
  readonly tool: unknown;
  readonly args: unknown;
}

/** The answer to a call. */
export interface CallReply {
  /** The result as JSON text. */
  readonly text: string;
}

/** What is told of each call that ended, for metrics. */
export interface CallReport {
  /** `undefined` for a tool that there is not. */
  readonly tool: string | undefined;
  readonly outcome: Outcome | "unrecorded";
  readonly durationMs: number;
}

export interface CallPathOptions {
  readonly tools: readonly Tool[];
  readonly authorizer: Pick<Authorizer, "authorize">;
  readonly limiter: Pick<RateLimiter, "take">;
  /** Calls a minute, tool and principal; 0 = no limit. */
  readonly rateLimitPerMinute: number;
  readonly audit: Pick<AuditLog, "state" | "append">;
  /** Whether tools that change something run while records go to the spool; reads always do. */
  readonly spoolsChanges: boolean;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly replica: string;
  readonly toolTimeoutMs: number;
  readonly resultBytesMax: number;
  /** Takes secrets out of records, errors, and results but those of lossless tools; the built-in one where left out. */
  readonly redactor?: Redactor;
  /** The code that a dialect answers an error of this kind with, for the record. */
  readonly errorCode: (kind: ToolErrorKind, dialect: CallContext["dialect"]) => number;
  readonly onCall: (report: CallReport) => void;
  readonly onRate: (decision: RateDecision) => void;
  /** Told of a fault of ours with the incident id that the caller was given. */
  readonly onIncident: (incident: string, error: unknown, request: CallRequest) => void;
}

/** Told of the limiter's decision, so that HTTP can say it in headers. */
export type OnRate = (decision: RateDecision) => void;

/** THE call path: every tool call of every dialect. @throws {ToolError} and nothing else. */
export type CallTool = (request: CallRequest, context: CallContext, onRate?: OnRate) => Promise<CallReply>;

/** The window of every limit: "a minute". */
export const RATE_WINDOW_SECONDS = 60;
/** Calls of tools that do not exist share one bucket, or their names would fill the store. */
const UNKNOWN_TOOL_BUCKET = "unknown";

/** How far a call came. */
interface Progress {
  tool: Tool | undefined;
  executed: boolean;
}

/** Builds the call path: record, authorize, limit, validate, run, shape, seal. */
export function createCallPath(options: CallPathOptions): CallTool {
  const { audit, clock, redactor = builtInRedactor } = options;
  const { redact, redactText } = redactor;
  const tools = new Map(options.tools.map((tool) => [tool.name, tool]));

  return async (request, context, onRate) => {
    const startedMs = clock.elapsed();
    const report = (tool: Tool | undefined, outcome: CallReport["outcome"]) =>
      options.onCall({ tool: tool?.name, outcome, durationMs: clock.elapsed() - startedMs });
    const record = openRecord(request.method, context, { ...options, redactor });
    const progress: Progress = { tool: undefined, executed: false };
    try {
      refuseWithoutAudit(audit.state);
    } catch (error) {
      report(undefined, "unrecorded");
      throw error;
    }
    let end: CallEnd;
    let answer: Shaped | ToolError;
    try {
      const { shaped, recorded } = await answerOf(request, context, record.eventId, progress, onRate);
      answer = shaped;
      end = endOfResult(request, shaped, recorded);
    } catch (thrown) {
      answer = asToolError(thrown, request);
      end = endOfError(request, answer, options.errorCode(answer.kind, context.dialect));
    }
    try {
      await seal(record.close(end), progress.executed);
    } catch (error) {
      report(progress.tool, "unrecorded");
      throw error;
    }
    report(progress.tool, end.outcome);
    if (answer instanceof ToolError) throw answer;
    return { text: answer.text };
  };

  /** Authorize, limit, validate, run, shape. */
  async function answerOf(
    request: CallRequest,
    context: CallContext,
    recordId: string,
    progress: Progress,
    onRate?: OnRate,
  ) {
    const tool = typeof request.tool === "string" ? tools.get(request.tool) : undefined;
    progress.tool = tool;
    await context.checkCredential?.();
    const read = tool && readArguments(tool, request.args ?? {}, redactor);
    if (tool) authorize(tool, read?.args, context);
    await limit(tool?.name ?? UNKNOWN_TOOL_BUCKET, context.principal.name, onRate);
    if (!tool) throw unknownTool(request.tool);
    if (!read?.args) throw read?.refusal;
    const { args } = read;
    if (audit.state === "spooling" && tool.effect !== "read" && !options.spoolsChanges) throw onlySpooled(tool);
    const result = await withDeadline(context.signal, tool.timeoutMs ?? options.toolTimeoutMs, async (signal) => {
      progress.executed = true;
      return await tool.run(args, { principal: context.principal, notify: context.notify, signal, recordId });
    });
    if (!tool.lossless) {
      const shaped = shape(redact(result), options.resultBytesMax);
      return { shaped, recorded: shaped.text };
    }
    return { shaped: shape(result, options.resultBytesMax), recorded: printRedacted(result) };
  }

  function authorize(tool: Tool, args: AccessRequest["args"], { principal }: CallContext): CallLimits {
    const decision = options.authorizer.authorize({ principal, tool, args });
    if (decision.allowed) return decision.limits;
    const { rule, reason } = decision;
    throw new ToolError("forbidden", `${principal.name} may not call ${tool.name}: ${reason}`, {
      hint: "Ask the operator for a role that allows it, or use another tool",
      data: { rule },
    });
  }

  async function limit(tool: string, principal: string, onRate?: OnRate): Promise<void> {
    if (options.rateLimitPerMinute === 0) return;
    const decision = await options.limiter.take({ tool, principal }, options.rateLimitPerMinute, RATE_WINDOW_SECONDS);
    options.onRate(decision);
    onRate?.(decision);
    if (decision.allowed) return;
    throw new ToolError("rate_limited", `More than ${decision.limit} calls of ${tool} a minute`, {
      hint: `Wait ${Math.ceil(decision.resetMs / 1000)} s and call again`,
      data: { retryAfterMs: decision.resetMs, limit: decision.limit },
    });
  }

  function unknownTool(name: unknown): ToolError {
    if (typeof name !== "string") {
      return new ToolError("invalid_params", `Expected the tool's name as a string in "name", but got ${typeof name}`, {
        hint: 'Send params {"name": "<tool>", "args": {…}}; mcp.tools.list lists the tools',
      });
    }
    const near = nearest(name, tools.keys());
    return new ToolError("unknown_tool", `Unknown tool ${JSON.stringify(redactText(name).slice(0, 128))}`, {
      hint: near.length > 0 ? `Did you mean ${near.join(" or ")}?` : "Call mcp.tools.list for the tools there are",
      data: { near },
    });
  }

  async function seal(entry: AuditEntry, executed: boolean): Promise<void> {
    try {
      await audit.append(entry);
    } catch (cause) {
      throw new ToolError("audit_unavailable", "The call could not be put on record", {
        hint: executed ? "The tool has run: check its effect before you call it again" : "Try again later",
        data: { executed },
        cause,
      });
    }
  }

  function endOfResult(request: CallRequest, { bytes, tokens }: Shaped, recorded: string): CallEnd {
    return {
      toolName: recordedName(request),
      params: printRedacted(request.args ?? {}),
      result: recorded,
      resultBytes: bytes,
      resultTokens: tokens,
      outcome: "ok",
      errorCode: undefined,
    };
  }

  function endOfError(request: CallRequest, error: ToolError, errorCode: number): CallEnd {
    return {
      toolName: recordedName(request),
      params: printRedacted(request.args ?? {}),
      result: JSON.stringify({ error: { code: errorCode, kind: error.kind, message: error.message } }),
      resultBytes: 0,
      resultTokens: 0,
      outcome: OUTCOMES[error.kind],
      errorCode,
    };
  }

  function printRedacted(value: unknown): string {
    return JSON.stringify(redact(value));
  }

  /** Every failure in words that may leave: redacted, and with no inner detail where the fault is ours. */
  function asToolError(thrown: unknown, request: CallRequest): ToolError {
    if (thrown instanceof ToolError) {
      return new ToolError(thrown.kind, redactText(thrown.message), {
        ...(thrown.hint !== undefined && { hint: redactText(thrown.hint) }),
        data: redact(thrown.data),
        cause: thrown,
      });
    }
    if (thrown instanceof StorageError) {
      return new ToolError("unavailable", redactText(thrown.message), {
        hint: "The store is away and is being reconnected: try again in a few seconds",
        cause: thrown,
      });
    }
    const incident = options.ids.uuid();
    options.onIncident(incident, thrown, request);
    return new ToolError("internal", "Internal error", {
      hint: `The fault is the server's and is logged as incident ${incident}`,
      data: { incident },
      cause: thrown,
    });
  }
}

/** A call that could not be put on record is refused before it runs. */
function refuseWithoutAudit(state: AuditLog["state"]): void {
  if (state === "away") {
    throw new ToolError("audit_unavailable", "The audit log is away, and no call runs unrecorded", {
      hint: "Try again in a few seconds; the operator finds the reason in /health",
      data: { executed: false },
    });
  }
  if (state === "full") {
    throw new ToolError("overloaded", "Too many calls wait to be put on record", { hint: "Try again in a second" });
  }
}

function onlySpooled(tool: Tool): ToolError {
  return new ToolError("audit_unavailable", `The audit log is away, and ${tool.name} changes something`, {
    hint: "Tools that only read still answer; try again in a few seconds",
    data: { executed: false },
  });
}

/** The guide counts `mcp.tools.list` calls under no tool. */
function recordedName({ method, tool }: CallRequest): string | undefined {
  return typeof tool === "string" && method !== "mcp.tools.list" ? tool : undefined;
}
