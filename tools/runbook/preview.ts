import { z } from "zod";
import { defineTool } from "../tool.ts";
import type { RunbookLibrary } from "./library.ts";

/** `runbook.preview`: what a runbook says to do. */
export function runbookPreview(library: Pick<RunbookLibrary, "read">) {
  return defineTool({
    name: "runbook.preview",
    toolset: "core",
    summary: "Preview runbook",
    description:
      "Shows a runbook as ordered steps with the shell commands they name; nothing is executed. Use it when an alert " +
      "fires or a symptom is known. Commands are for a person to judge and run.",
    input: z.strictObject({
      runbook_id: z.string().describe("Name of the runbook, such as pod-crash-looping"),
    }),
    output: z.object({
      id: z.string().describe("The id as asked"),
      title: z.string().describe("What it is about"),
      summary: z.string().describe("What has happened, in a sentence or two"),
      severity: z.enum(["critical", "warning", "info", "unspecified"]).describe("How urgent it is"),
      steps: z.array(z.object({
        number: z.number().int().describe("1, 2, 3, …"),
        title: z.string().describe("What to do"),
        text: z.string().describe("Markdown; [command 1] stands where the first of the commands belongs"),
        commands: z.array(z.string()).describe("Shell commands as written, never executed by this tool"),
      })).describe("Steps in order"),
      links: z.array(z.object({
        title: z.string().describe("What it leads to"),
        url: z.string().describe("http or https"),
      })).describe("Further reading"),
    }),
    effect: "read",
    idempotent: true,
    openWorld: false,
    async run({ runbook_id }) {
      const { id, title, summary, severity, steps, links } = await library.read(runbook_id);
      return {
        id,
        title,
        summary,
        severity,
        steps: steps.map(({ number, title, text, commands }) => ({ number, title, text, commands: [...commands] })),
        links: links.map(({ title, url }) => ({ title, url })),
      };
    },
  });
}
