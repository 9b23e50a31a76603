import { z } from "zod";
import { ToolError } from "../error.ts";
import { defineTool, type ToolCall } from "../tool.ts";
import { parametersInput } from "./plan/parameters.ts";
import { makePlan, type PlannedCall, type Planning } from "./plan/plan.ts";
import { changedBetween, PLAN_DIGEST } from "./plan/plan_digest.ts";
import { shorten } from "./shorten.ts";

/** Bytes of all results together: under 2,000 estimated tokens. */
const RESULTS_BYTES_MAX = 3_600;
const STEPS_MAX = 50;
/** A plan and its calls, one after the other. */
const TIMEOUT_MS = 60_000;

const confirmSchema = z.object({ confirm: z.string() });

export interface RunOptions extends Planning {
  /** Whether calls that change something may be among those that are run. */
  readonly changes: boolean;
}

/** `runbook.run`: the calls of a plan that was previewed and is still true. */
export function runbookRun(options: RunOptions) {
  return defineTool({
    name: "runbook.run",
    toolset: "runbook-run",
    summary: "Run a previewed runbook",
    description:
      "Runs the allowed calls of a plan that runbook.preview showed, given its digest; conflict where the plan " +
      "is no longer true. Only reads, unless steps names the steps that change something. Stops at the first failure.",
    input: z.strictObject({
      runbook_id: z.string().describe("Name of the runbook"),
      parameters: parametersInput.default({}),
      digest: z.string().regex(PLAN_DIGEST, "Use digest of runbook.preview with plan").describe("digest of the plan"),
      steps: z.array(z.int().min(1)).min(1).max(STEPS_MAX).optional().describe("Only these steps; default all reads"),
    }),
    output: z.object({
      completed: z.boolean().describe("false: stopped at the last of calls"),
      calls: z.array(z.object({
        step: z.int().describe("Step's number"),
        tool: z.string().describe("What was called"),
        outcome: z.enum(["ok", "failed"]).describe("How it ended"),
        result: z.string().describe("The answer, or why there is none"),
      })).describe("In order"),
      not_run: z.int().describe("Commands of the plan that were not called"),
    }),
    // Each call that changes something is a call of its own, with its own intent.
    effect: options.changes ? "outside" : "read",
    idempotent: !options.changes,
    openWorld: true,
    untrusted: "what a runbook's commands read",
    timeoutMs: TIMEOUT_MS,
    async run({ runbook_id, parameters, digest, steps }, call) {
      const plan = await makePlan(options, runbook_id, parameters, call);
      if (plan.digest !== digest) throw stale(changedBetween(digest, plan.digest));
      const numbers = new Set(plan.calls.map(({ step }) => step));
      const unknown = steps?.filter((step) => !numbers.has(step)) ?? [];
      if (unknown.length > 0) {
        throw new ToolError("invalid_params", `The plan has no calls of step ${unknown.join(", ")}`, {
          hint: `It has some of ${[...numbers].join(", ") || "no step"}`,
        });
      }
      const chosen = plan.calls.filter((one) => isChosen(one, steps));
      const bytesEach = Math.floor(RESULTS_BYTES_MAX / Math.max(1, chosen.length));
      const calls = await runAll(chosen, bytesEach, call);
      const completed = calls.every(({ outcome }) => outcome === "ok");
      return { completed, calls, not_run: plan.calls.length + plan.left - calls.length };
    },
  });

  /** What changes something is run only where its step is named, and where its dry run was shown. */
  function isChosen({ step, verdict, changes, value }: PlannedCall, steps: readonly number[] | undefined): boolean {
    if (verdict !== "allowed") return false;
    if (!changes) return steps?.includes(step) ?? true;
    return options.changes && value !== undefined && (steps?.includes(step) ?? false);
  }
}

async function runAll(chosen: readonly PlannedCall[], bytesEach: number, call: ToolCall) {
  const { callTool, signal } = call;
  if (!callTool) throw new TypeError("Expected a call path to run a plan on");
  const done: { step: number; tool: string; outcome: "ok" | "failed"; result: string }[] = [];
  for (const planned of chosen) {
    const { step, tool = "" } = planned;
    try {
      const text = await callTool(tool, argsOf(planned));
      done.push({ step, tool, outcome: "ok", result: shorten(text, bytesEach).text });
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof ToolError)) throw error;
      const words = [error.message, ...error.hint ? [error.hint] : []].join(". ");
      done.push({ step, tool, outcome: "failed", result: shorten(words, bytesEach).text });
      break;
    }
  }
  return done;
}

/** A change is confirmed by what its dry run told, which the plan's digest covers. */
function argsOf({ args = {}, changes, value = "" }: PlannedCall): Readonly<Record<string, unknown>> {
  if (!changes) return args;
  return { ...args, confirm: confirmOf(value) };
}

/** @throws {ToolError} `conflict` where the dry run found nothing to change, or failed. */
function confirmOf(value: string): string {
  try {
    return confirmSchema.parse(JSON.parse(value)).confirm;
  } catch (cause) {
    throw new ToolError("conflict", `Its dry run leaves nothing to do: ${shorten(value, 200).text}`, { cause });
  }
}

function stale(changed: readonly string[]): ToolError {
  return new ToolError("conflict", `The plan is no longer what was previewed: changed ${changed.join(", ")}`, {
    hint: "Nothing was run: call runbook.preview with plan again, and judge it anew",
    data: { changed: [...changed] },
  });
}
