import { z } from "zod";
import type { AuditEntry, AuditState } from "../../storage/audit_log.ts";
import type { Clock } from "../../storage/clock.ts";
import type { RateDecision } from "../../storage/rate_limiter.ts";
import { type Authorizer, openAuthorizer } from "../../tools/authorizer.ts";
import { type CallPathOptions, type CallReport, createCallPath } from "../../tools/call.ts";
import type { CallContext } from "../../tools/call_context.ts";
import { defineTool, type Tool } from "../../tools/tool.ts";

/** A clock that stands until it is moved. */
export function standingClock(startMs = 1_700_000_000_000): Clock & { advance(ms: number): void } {
  let passedMs = 0;
  return { now: () => startMs + passedMs, elapsed: () => passedMs, advance: (ms) => void (passedMs += ms) };
}

/** A tool that runs what a test gives it. */
export function testTool(run: Tool["run"], more: Partial<Tool> = {}): Tool {
  return defineTool({
    name: "test.tool",
    toolset: "core",
    summary: "A tool of the tests",
    description: "A tool of the tests",
    input: z.strictObject({ text: z.string().default("") }),
    output: z.any(),
    effect: "read",
    idempotent: true,
    openWorld: false,
    run,
    ...more,
  });
}

export function testContext(more: Partial<CallContext> = {}): CallContext {
  return {
    principal: { name: "default", authMethod: "none", roles: [] },
    dialect: "house",
    transport: "websocket",
    client: { name: "tests", version: "1", address: "127.0.0.1" },
    session: "session-1",
    requestId: 7,
    traceId: "0123456789abcdef0123456789abcdef",
    signal: new AbortController().signal,
    notify: () => {},
    ...more,
  };
}

/** What a test sets itself; an authorizer allows what it leaves out. */
export interface TestCallPathOptions extends Partial<Omit<CallPathOptions, "authorizer">> {
  readonly authorizer?: Partial<Authorizer>;
}

/** A call path on ports that a test can look into. */
export function testCallPath(tools: readonly Tool[], { authorizer, ...more }: TestCallPathOptions = {}) {
  const records: AuditEntry[] = [];
  const reports: CallReport[] = [];
  const incidents: { incident: string; error: unknown }[] = [];
  const audit = {
    state: "ready" as AuditState,
    room: Infinity,
    append: (entry: AuditEntry): Promise<void> => {
      records.push(entry);
      return Promise.resolve();
    },
  };
  const taken: string[] = [];
  let budget = Infinity;
  let ids = 0;
  const call = createCallPath({
    tools,
    authorizer: { ...openAuthorizer, ...authorizer },
    limiter: {
      take: ({ tool, principal }, limit): Promise<RateDecision> => {
        taken.push(`${tool}:${principal}`);
        const allowed = budget-- > 0;
        return Promise.resolve({ allowed, limit, remaining: Math.max(0, budget), resetMs: 1500, shared: true });
      },
      peek: () => Promise.reject(new Error("No budget is set")),
      spend: () => Promise.reject(new Error("No budget is set")),
    },
    rateLimitPerMinute: 600,
    audit,
    intents: { intend: () => Promise.reject(new Error("Nothing changes anything elsewhere")) },
    spoolsChanges: false,
    clock: standingClock(),
    ids: { uuid: () => `id-${++ids}` },
    replica: "replica-1",
    keyed: { begin: () => Promise.reject(new Error("No call has a key")) },
    toolTimeoutMs: 5000,
    resultBytesMax: 10_000,
    errorCode: (kind) => -kind.length,
    onCall: (report) => reports.push(report),
    onRate: () => {},
    onIncident: (incident, error) => incidents.push({ incident, error }),
    ...more,
  });
  return { call, records, reports, incidents, audit, taken, allow: (calls: number) => budget = calls };
}
