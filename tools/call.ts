import type { AuditEntry, AuditLog, Outcome } from "../storage/audit_log.ts";
import type { AuditIntent, IntentLog } from "../storage/intent_log.ts";
import type { Clock, Ids } from "../storage/clock.ts";
import { readArguments } from "./arguments.ts";
import type { AccessRequest, Allowance, Authorizer } from "./authorizer.ts";
import type { CallContext } from "./call_context.ts";
import { endOfError, endOfResult, printRedacted } from "./call/end.ts";
import { toToolError } from "./call/failure.ts";
import type { Begun, KeyedCalls } from "./call/keyed.ts";
import { createCallLimiter, type LimitSettings, type OnRate } from "./call/limits.ts";
import { forbidden, onlySpooled, refuseWithoutAudit, unknownTool, unrecorded } from "./call/refusals.ts";
import { createRefusedRedactor } from "./call/refused.ts";
import type { CallRequest } from "./call/request.ts";
import { CallWithin } from "./call/within.ts";
import { createSharedDeadlines } from "./deadline.ts";
import { ToolError, type ToolErrorKind } from "./error.ts";
import { type CallEnd, createRecords, type OpenRecord } from "./record.ts";
import { builtInRedactor, type Redactor } from "./redact.ts";
import { shape, type Shaped, shapedText } from "./shape.ts";
import type { CallOther, Tool } from "./tool.ts";
import { markUntrusted } from "./untrusted/mark.ts";

export { type OnRate, RATE_WINDOW_SECONDS } from "./call/limits.ts";
export type { CallRequest } from "./call/request.ts";

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
  /** The rule that refused the call: of the policy, a limit or a quota. */
  readonly rule?: string;
}

export interface CallPathOptions extends LimitSettings {
  readonly tools: readonly Tool[];
  readonly authorizer: Pick<Authorizer, "authorize" | "mayList">;
  readonly audit: Pick<AuditLog, "state" | "room" | "append">;
  /** Where a call says what it is about to change beyond our own stores. */
  readonly intents: IntentLog;
  /** Whether tools that change something run while records go to the spool; reads always do. */
  readonly spoolsChanges: boolean;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly replica: string;
  /** Calls that are made at most once a key. */
  readonly keyed: KeyedCalls;
  readonly toolTimeoutMs: number;
  readonly resultBytesMax: number;
  /** Takes secrets out of records, errors, and results but those of lossless tools; the built-in one where left out. */
  readonly redactor?: Redactor;
  /** The code that a dialect answers an error of this kind with, for the record. */
  readonly errorCode: (kind: ToolErrorKind, dialect: CallContext["dialect"]) => number;
  readonly onCall: (report: CallReport) => void;
  /** Told of a fault of ours with the incident id that the caller was given. */
  readonly onIncident: (incident: string, error: unknown, request: CallRequest, context: CallContext) => void;
  /** What is around each call that a tool makes of another, as the path's owner has it around the path. */
  readonly aroundNested?: (path: CallTool) => CallTool;
}

/** THE call path: every tool call of every dialect. @throws {ToolError} and nothing else. */
export type CallTool = (request: CallRequest, context: CallContext, onRate?: OnRate) => Promise<CallReply>;

/** Calls of tools that do not exist share one bucket, or their names would fill the store. */
const UNKNOWN_TOOL_BUCKET = "unknown";

/** How far a call came. */
interface Progress {
  tool: Tool | undefined;
  allowance: Allowance | undefined;
  executed: boolean;
  /** What became of its idempotency key; `undefined` without one. */
  keyed: Begun | undefined;
}

/** A result as JSON text. */
interface Printed {
  readonly shaped: Shaped;
  /** Redacted, which what is sent need not be. */
  readonly recorded: string;
}

/** Builds the call path: record, authorize, limit, validate, run, shape, seal. */
export function createCallPath(options: CallPathOptions): CallTool {
  const { audit, authorizer, clock, redactor = builtInRedactor } = options;
  const tools = new Map(options.tools.map((tool) => [tool.name, tool]));
  const limits = createCallLimiter(options);
  const withDeadline = createSharedDeadlines();
  const frozen = new WeakMap<object, Printed>();
  const shown = createRefusedRedactor(redactor);
  const openRecord = createRecords({ ...options, redactor });
  /** Calls that run, each of which will be on record. */
  let unsealed = 0;

  const callTool: CallTool = async (request, context, onRate) => {
    const startedMs = clock.elapsed();
    const progress: Progress = { tool: undefined, allowance: undefined, executed: false, keyed: undefined };
    const report = (outcome: CallReport["outcome"], rule?: string) =>
      options.onCall({
        tool: progress.tool?.name,
        outcome,
        durationMs: clock.elapsed() - startedMs,
        ...(rule !== undefined && { rule }),
      });
    const record = openRecord(request.method, context);
    try {
      refuseWithoutAudit(audit.state, audit.room - unsealed);
    } catch (error) {
      report("unrecorded");
      throw error;
    }
    unsealed++;
    let end: CallEnd;
    let answer: Shaped | ToolError;
    let spending: Promise<void> | undefined;
    try {
      const { shaped, recorded } = await answerOf(request, context, record, progress, onRate);
      answer = shaped;
      end = endOfResult(asked(request, progress), shaped, recorded, redactor);
      spending = limits.spend(context.principal.name, progress.allowance, shaped.tokens);
    } catch (thrown) {
      answer = toToolError(
        thrown,
        redactor,
        progress.tool?.lossless ?? false,
        (error) => openIncident(error, request, context),
      );
      const code = options.errorCode(answer.kind, context.dialect);
      end = endOfError(asked(request, progress), answer, code, progress.executed ? redactor : shown);
    }
    try {
      await seal(record.close(end), progress.executed);
    } catch (error) {
      report("unrecorded");
      throw error;
    } finally {
      // The caller's next call must find this one's tokens spent.
      if (spending) await spending;
    }
    if (progress.keyed?.kind === "run") await progress.keyed.settle(answer, progress.executed);
    report(end.outcome, answer instanceof ToolError ? ruleOf(answer) : undefined);
    if (answer instanceof ToolError) throw answer;
    return { text: answer.text };
  };
  const nestedCall = options.aroundNested?.(callTool) ?? callTool;
  return callTool;

  /** Authorize, limit, validate, run, shape. */
  async function answerOf(
    request: CallRequest,
    context: CallContext,
    record: OpenRecord,
    progress: Progress,
    onRate: OnRate | undefined,
  ): Promise<Printed> {
    const { principal } = context;
    const tool = typeof request.tool === "string" ? tools.get(request.tool) : undefined;
    progress.tool = tool;
    await context.checkCredential?.();
    const read = tool && readArguments(tool, request.args ?? {}, shown);
    const allowance = tool && authorize(tool, read?.args, context);
    progress.allowance = allowance;
    const taking = limits.take(tool?.name ?? UNKNOWN_TOOL_BUCKET, principal.name, allowance, onRate);
    const ahead = tool?.readsAhead && read?.args && request.idempotencyKey === undefined
      ? runTool(tool, read.args, context, record, progress)
      : undefined;
    // Where the call is refused nobody else waits for it.
    ahead?.catch(() => {});
    await taking;
    if (!tool) throw unknownTool(request.tool, namesFor(context), redactor);
    if (!read?.args) throw read?.refusal;
    const { args } = read;
    if (audit.state === "spooling" && !maySpool(tool)) throw onlySpooled(tool);
    const timeoutMs = timeoutMsOf(tool);
    if (request.idempotencyKey !== undefined) {
      const call = { key: request.idempotencyKey, principal, tool, args, recordId: record.eventId, timeoutMs };
      progress.keyed = await withDeadline(
        context.signal,
        timeoutMs,
        (signal) => options.keyed.begin({ ...call, signal: signal() }),
      );
      if (progress.keyed?.kind === "replay") return again(progress.keyed.text, tool);
    }
    if (tool.effect === "outside") {
      await intend(record.intent(tool.name, printRedacted(tool.intended?.(args) ?? args, redactor)));
    }
    return printed(tool, await (ahead ?? runTool(tool, args, context, record, progress)));
  }

  /** The result as it is sent and as it is recorded; a frozen one, which a tool gives again, is printed once. */
  function printed(tool: Tool, result: unknown): Printed {
    if (typeof result !== "object" || result === null || !Object.isFrozen(result)) return print(tool, result);
    let known = frozen.get(result);
    if (!known) frozen.set(result, known = print(tool, result));
    return known;
  }

  function print(tool: Tool, result: unknown): Printed {
    if (!tool.lossless) {
      // Cleaned first: what is not seen could part a secret.
      const told = tool.untrusted === undefined ? result : markUntrusted(result, tool.untrusted);
      const shaped = shape(redactor.redact(told), options.resultBytesMax);
      return { shaped, recorded: shaped.text };
    }
    return { shaped: shape(result, options.resultBytesMax), recorded: printRedacted(result, redactor) };
  }

  function runTool(
    tool: Tool,
    args: Readonly<Record<string, unknown>>,
    context: CallContext,
    { eventId }: OpenRecord,
    progress: Progress,
  ): Promise<unknown> {
    return withDeadline(context.signal, timeoutMsOf(tool), (signal) => {
      progress.executed = true;
      const callsOf = (signal: AbortSignal) => callsWithin(tool, eventId, { ...context, signal });
      return tool.run(args, new CallWithin(context, eventId, signal, callsOf));
    });
  }

  function timeoutMsOf(tool: Tool): number {
    return tool.timeoutMs ?? options.toolTimeoutMs;
  }

  /** What a tool's calls of others are: its caller's, in the tool's name, telling that caller nothing of their progress. */
  function callsWithin({ name }: Tool, calledBy: string, context: CallContext): CallOther {
    return async (tool, args, signal = context.signal) => {
      const within = { ...context, answers: undefined, signal, notify: () => {} };
      return (await nestedCall({ method: name, tool, args, calledBy }, within)).text;
    };
  }

  /** An answer that was given before, and redacted then. */
  function again(text: string, tool: Tool): Printed {
    const shaped = shapedText(text);
    return { shaped, recorded: tool.lossless ? printRedacted(JSON.parse(text), redactor) : text };
  }

  function authorize(tool: Tool, args: AccessRequest["args"], { principal }: CallContext): Allowance {
    const decision = authorizer.authorize({ principal, tool, args });
    if (decision.allowed) return decision;
    throw forbidden(principal.name, tool.name, decision);
  }

  /** A hint names no tool that a list would not show. */
  function namesFor({ principal }: CallContext): readonly string[] {
    return options.tools.filter((tool) => authorizer.mayList(principal, tool)).map(({ name }) => name);
  }

  /** An intent is kept by the log's own store alone. */
  function maySpool({ effect }: Tool): boolean {
    return effect === "read" || (effect === "own" && options.spoolsChanges);
  }

  async function intend(intent: AuditIntent): Promise<void> {
    try {
      await options.intents.intend(intent);
    } catch (cause) {
      throw unrecorded(false, cause);
    }
  }

  async function seal(entry: AuditEntry, executed: boolean): Promise<void> {
    unsealed--;
    try {
      await audit.append(entry);
    } catch (cause) {
      throw unrecorded(executed, cause);
    }
  }

  function openIncident(error: unknown, request: CallRequest, context: CallContext): string {
    const incident = options.ids.uuid();
    options.onIncident(incident, error, request, context);
    return incident;
  }
}

/**
 * The call as it is recorded: with its idempotency key and, where it was answered before, the id of that record; and with
 * the id of the record of the call that made it.
 */
function asked(request: CallRequest, { keyed }: Progress): CallRequest {
  const { args, idempotencyKey, calledBy } = request;
  if (idempotencyKey === undefined && calledBy === undefined) return request;
  const replayOf = keyed?.kind === "replay" ? keyed.record : undefined;
  const meta = { idempotencyKey, ...(replayOf && { replayOf }), ...(calledBy && { calledBy }) };
  // What is no object is refused, and on record all the same.
  const given = typeof args === "object" && args !== null && !Array.isArray(args) ? args : { args: args ?? null };
  return { ...request, args: { ...given, _meta: meta } };
}

/** The rule by which a call was refused, where it was one. */
function ruleOf({ kind, data }: ToolError): string | undefined {
  const rule = data["rule"];
  return (kind === "forbidden" || kind === "rate_limited") && typeof rule === "string" ? rule : undefined;
}
