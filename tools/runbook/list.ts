import { z } from "zod";
import { pageInput } from "../paging.ts";
import { defineTool } from "../tool.ts";
import { readAll, type RunbookFinding } from "./all.ts";
import { foundOutput, foundPage, printFound, severitySchema } from "./found.ts";

const PAGE_MAX = 200;

/** `runbook.list`: the runbooks that there are. */
export function runbookList(finding: RunbookFinding) {
  return defineTool({
    name: "runbook.list",
    toolset: "runbook",
    summary: "List runbooks",
    description: "Lists the runbooks there are, the urgent ones first. runbook.search finds one by words or alert.",
    input: z.strictObject({
      severity: severitySchema.optional().describe("Only these"),
      ...pageInput(PAGE_MAX),
    }),
    output: foundOutput,
    effect: "read",
    idempotent: true,
    openWorld: false,
    untrusted: "runbooks",
    print: printFound,
    async run({ severity, ...page }, call) {
      const { runbooks, warnings } = await readAll(finding, call);
      return foundPage(runbooks.filter((one) => severity === undefined || one.severity === severity), page, warnings);
    },
  });
}
