import { z } from "zod";
import { defineTool, type ToolCall } from "../tool.ts";
import { checkParameters, fill, parametersInput, placeholdersOf } from "./plan/parameters.ts";
import { makePlan, type PlannedCall, type Planning } from "./plan/plan.ts";
import { runbookPreview } from "./preview.ts";
import { shorten } from "./shorten.ts";

/** Bytes of all values together: with the calls under 2,000 estimated tokens. */
const VALUES_BYTES_MAX = 1_800;
const COMMAND_BYTES_MAX = 160;
const WORDS_BYTES_MAX = 160;
const PLACEHOLDERS_MAX = 20;

const planSchema = z.object({
  calls: z.array(z.object({
    step: z.int().describe("Step's number"),
    command: z.string().optional().describe("Of no call: the command as written"),
    tool: z.string().optional().describe("The tool that does it"),
    args: z.record(z.string(), z.unknown()).optional().describe("Its arguments"),
    verdict: z.enum(["allowed", "denied", "off", "person"]).describe("off: not turned on; person: no tool does it"),
    reason: z.string().optional().describe("Why it cannot be called"),
    changes: z.literal(true).optional().describe("It changes something; value is a dry run"),
    value: z.string().optional().describe("The answer now"),
    moves: z.literal(true).optional().describe("The value moves by itself: not in the digest"),
  })).describe("In order"),
  missing: z.array(z.string()).optional().describe("Placeholders to give as parameters"),
  left: z.int().optional().describe("Commands beyond the plan"),
  digest: z.string().describe("For runbook.run, as long as all this is true"),
});

/** `runbook.preview` of toolset `runbook`: with parameters, and as a plan. With the guide's arguments it is the guide's. */
export function runbookPreviewPlan(planning: Planning) {
  const plain = runbookPreview(planning.library);
  const { steps, links, ...members } = plain.output.shape;
  return defineTool({
    ...plain,
    description:
      `${plain.description} plan: true resolves each command to the tool call it would be, with verdict and ` +
      "current value.",
    input: z.strictObject({
      ...plain.input.shape,
      parameters: parametersInput.optional(),
      plan: z.boolean().default(false).describe("Give the plan in place of the text"),
    }),
    output: z.object({
      ...members,
      steps: z.array(steps.element.partial({ text: true, commands: true })).describe(steps.description ?? ""),
      links: links.optional(),
      missing: z.array(z.string()).optional().describe("Placeholders without a parameter"),
      plan: planSchema.optional().describe("What could be called"),
    }),
    openWorld: true,
    untrusted: "a runbook and what its commands read",
    async run({ runbook_id, parameters, plan }, call) {
      if (plan) return await preview(planning, runbook_id, parameters ?? {}, call);
      const result = await plain.run({ runbook_id }, call);
      if (parameters === undefined) return result;
      const texts = result.steps.flatMap(({ text, commands }) => [text, ...commands]);
      const placeholders = placeholdersOf(texts);
      checkParameters(parameters, placeholders);
      const missing = placeholders.filter((name) => !Object.hasOwn(parameters, name)).slice(0, PLACEHOLDERS_MAX);
      const filled = result.steps.map(({ text, commands, ...step }) => ({
        ...step,
        text: fill(text, parameters),
        commands: commands.map((command) => fill(command, parameters)),
      }));
      return { ...result, steps: filled, ...(missing.length > 0 && { missing }) };
    },
  });
}

async function preview(
  planning: Planning,
  id: string,
  parameters: Readonly<Record<string, string>>,
  call: ToolCall,
) {
  const { runbook, calls, missing, left, digest } = await makePlan(planning, id, parameters, call);
  const { title, summary, severity } = runbook;
  const bytesEach = Math.floor(VALUES_BYTES_MAX / Math.max(1, calls.filter(({ value }) => value !== undefined).length));
  const stepsShown = new Set(calls.map(({ step }) => step));
  return {
    ...{ id, title: shorten(title, WORDS_BYTES_MAX).text, summary: shorten(summary, WORDS_BYTES_MAX).text, severity },
    steps: runbook.steps.filter(({ number }) => stepsShown.has(number))
      .map(({ number, title }) => ({ number, title: shorten(title, COMMAND_BYTES_MAX / 2).text })),
    plan: {
      calls: calls.map((one) => shown(one, bytesEach)),
      ...(missing.length > 0 && { missing: missing.slice(0, PLACEHOLDERS_MAX) }),
      ...(left > 0 && { left }),
      digest,
    },
  };
}

/** A call that is run is shown whole, a command that is not in its first words. */
function shown(
  { step, command, tool, args, verdict, reason, changes, value, pin }: PlannedCall,
  valueBytesMax: number,
) {
  return {
    step,
    ...(tool === undefined && { command: shorten(command, COMMAND_BYTES_MAX).text }),
    ...(tool !== undefined && { tool, args: { ...args } }),
    verdict,
    ...(reason !== undefined && { reason: shorten(reason, WORDS_BYTES_MAX).text }),
    ...(changes && { changes: true as const }),
    ...(value !== undefined && {
      value: shorten(value, valueBytesMax).text,
      ...(pin === undefined && { moves: true as const }),
    }),
  };
}
