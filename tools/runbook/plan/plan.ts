import { Buffer } from "node:buffer";
import { readArguments } from "../../arguments.ts";
import type { Authorizer } from "../../authorizer.ts";
import { withDeadline } from "../../deadline.ts";
import { ToolError } from "../../error.ts";
import { builtInRedactor } from "../../redact.ts";
import type { CallOther, Tool, ToolCall } from "../../tool.ts";
import { digestOf } from "../../digest.ts";
import type { RunbookLibrary } from "../library.ts";
import type { Runbook } from "../runbook.ts";
import { checkParameters, fill, type Parameters, placeholdersOf } from "./parameters.ts";
import { isPinned, lasting } from "./pin.ts";
import { type PlanDigest, planDigest } from "./plan_digest.ts";
import { type Resolution, resolveCommand, resolveQuery } from "./resolve.ts";

/** What a plan is made with. */
export interface Planning {
  readonly library: Pick<RunbookLibrary, "read" | "readMarkdown">;
  readonly authorizer: Pick<Authorizer, "authorize">;
  /** The whole catalogue. */
  readonly tools: () => readonly Tool[];
}

/** `person`: no call; `off`: its tool is not turned on; `denied`: the caller may not make it. */
export type PlanVerdict = "allowed" | "denied" | "off" | "person";

/** A command of a runbook and the call that it would be. */
export interface PlannedCall {
  readonly step: number;
  /** With its placeholders filled. */
  readonly command: string;
  readonly verdict: PlanVerdict;
  /** Why it cannot be made. */
  readonly reason?: string;
  readonly tool?: string;
  /** As the tool will get them. */
  readonly args?: Readonly<Record<string, unknown>>;
  /** Whether it changes something; then its value is that of a dry run. */
  readonly changes?: boolean;
  /** The answer now, as JSON text, or why there is none. */
  readonly value?: string;
  /** A digest of what of the value the plan depends on; `undefined` for a value that moves by itself. */
  readonly pin?: string;
}

export interface Plan {
  readonly runbook: Runbook;
  readonly calls: readonly PlannedCall[];
  /** Placeholders without a value. */
  readonly missing: readonly string[];
  /** Commands beyond the plan's bound: not shown, and not run. */
  readonly left: number;
  readonly digest: PlanDigest;
}

/** Of the calls without their values: the rest of 2,000 tokens is for these. */
const CALLS_BYTES_MAX = 2_600;
const CALLS_MAX = 20;
const VALUES_MAX = 8;
const READ_MS = 8_000;

/**
 * The plan of a runbook as it is now: each command's call, whether the caller may make it, and what it answers now.
 *
 * @throws {ToolError} as the library, and `invalid_params` for parameters that the runbook does not have.
 */
export async function makePlan(
  planning: Planning,
  id: string,
  parameters: Parameters,
  call: ToolCall,
): Promise<Plan> {
  const markdown = await planning.library.readMarkdown(id);
  const runbook = await planning.library.read(id);
  const commands = await commandsOf(runbook);
  const placeholders = placeholdersOf(commands.map(({ text }) => text));
  checkParameters(parameters, placeholders);
  const all = commands.slice(0, CALLS_MAX).map(({ step, text, resolve }) => {
    const command = fill(text, parameters);
    return judge({ step, command }, resolve(command), planning, call);
  });
  const shown = within(all);
  const calls = await readValues(shown, call);
  call.signal.throwIfAborted();
  return {
    runbook,
    calls,
    missing: placeholders.filter((name) => !Object.hasOwn(parameters, name)),
    left: commands.length - calls.length,
    digest: planDigest({ markdown, parameters, calls }),
  };
}

async function commandsOf({ steps }: Runbook) {
  // With the library's own parser, which is loaded with the first runbook.
  const { queriesOf } = await import("./queries.ts");
  return steps.flatMap(({ number: step, commands, text }) => [
    ...commands.map((text) => ({ step, text, resolve: resolveCommand })),
    ...queriesOf(text).map((text) => ({ step, text, resolve: resolveQuery })),
  ]);
}

function judge(
  place: Pick<PlannedCall, "step" | "command">,
  resolution: Resolution,
  { authorizer, tools }: Planning,
  { principal }: ToolCall,
): PlannedCall {
  if ("reason" in resolution) return { ...place, verdict: "person", reason: resolution.reason };
  const meant = resolution.find(({ tool }) => tools().some(({ name }) => name === tool)) ?? resolution[0];
  if (!meant) return { ...place, verdict: "person", reason: "no tool does this" };
  const tool = tools().find(({ name }) => name === meant.tool);
  if (!tool) {
    return { ...place, verdict: "off", tool: meant.tool, args: meant.args, reason: "its tool is not turned on" };
  }
  const { args, refusal } = readArguments(tool, meant.args, builtInRedactor);
  if (!args) return { ...place, verdict: "person", reason: refusal.message };
  const resolved = { ...place, tool: tool.name, args: meant.args, changes: tool.effect !== "read" };
  const decision = authorizer.authorize({ principal, tool, args });
  return decision.allowed
    ? { ...resolved, verdict: "allowed" }
    : { ...resolved, verdict: "denied", reason: decision.reason };
}

function within(calls: readonly PlannedCall[]): readonly PlannedCall[] {
  let room = CALLS_BYTES_MAX;
  const end = calls.findIndex((call) => (room -= Buffer.byteLength(JSON.stringify(call))) < 0);
  return end < 0 ? calls : calls.slice(0, end);
}

/** The first few calls' answers, all asked for at once. */
async function readValues(calls: readonly PlannedCall[], call: ToolCall): Promise<readonly PlannedCall[]> {
  const { callTool } = call;
  if (!callTool) return calls;
  const asked = new Set(calls.filter(({ verdict }) => verdict === "allowed").slice(0, VALUES_MAX));
  return await Promise.all(calls.map((one) => asked.has(one) ? readValue(one, callTool, call.signal) : one));
}

async function readValue(planned: PlannedCall, callTool: CallOther, signal: AbortSignal): Promise<PlannedCall> {
  const { tool = "", args = {} } = planned;
  const isMoving = !isPinned(tool, args);
  try {
    const value = await withDeadline(signal, READ_MS, (signal) => callTool(tool, args, signal));
    return { ...planned, value, ...(!isMoving && { pin: digestOf(lasting(JSON.parse(value))) }) };
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    return { ...planned, value: error.message, ...(!isMoving && { pin: digestOf([error.kind, error.message]) }) };
  }
}
