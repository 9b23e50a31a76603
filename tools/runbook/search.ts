import { z } from "zod";
import { ToolError } from "../error.ts";
import { nearest } from "../nearest.ts";
import { pageInput } from "../paging.ts";
import { defineTool } from "../tool.ts";
import { readAll, type RunbookFinding } from "./all.ts";
import { foundOutput, foundPage, printFound } from "./found.ts";
import type { Runbook } from "./runbook.ts";

const PAGE_MAX = 200;
const QUERY_CHARS_MAX = 256;
const WORDS_MAX = 16;

/** `runbook.search`: runbooks by words, or by the alert that fires. */
export function runbookSearch(finding: RunbookFinding) {
  return defineTool({
    name: "runbook.search",
    toolset: "runbook",
    summary: "Find runbooks",
    description: "Finds runbooks that hold every word of query in title, summary or text, or are for an alert.",
    input: z.strictObject({
      query: z.string().max(QUERY_CHARS_MAX).regex(/\S/, "Give a word").optional().describe("Words, in any case"),
      alert: z.string().min(1).max(128).optional().describe("Name of an alert, such as KubePodCrashLooping"),
      ...pageInput(PAGE_MAX),
    }),
    output: foundOutput,
    effect: "read",
    idempotent: true,
    openWorld: false,
    untrusted: "runbooks",
    print: printFound,
    async run({ query, alert, ...page }, call) {
      if (query === undefined && alert === undefined) {
        throw new ToolError("invalid_params", "Cannot search for nothing: expected query or alert", {
          hint: "Give words, or the name of an alert; runbook.list lists all",
        });
      }
      const { runbooks, warnings } = await readAll(finding, call);
      const words = (query ?? "").toLowerCase().split(/\s+/).filter(Boolean).slice(0, WORDS_MAX);
      const found = runbooks.filter((one) => isFor(one, alert) && holds(one, words));
      return foundPage(found, page, found.length > 0 ? warnings : [...warnings, hintFor(runbooks, alert)]);
    },
  });
}

function isFor({ alerts }: Runbook, alert: string | undefined): boolean {
  return alert === undefined || alerts.some((one) => one.toLowerCase() === alert.toLowerCase());
}

function holds({ id, title, summary, alerts, steps }: Runbook, words: readonly string[]): boolean {
  const parts = steps.flatMap(({ title, text, commands }) => [title, text, ...commands]);
  const text = [id, title, summary, ...alerts, ...parts].join("\n").toLowerCase();
  return words.every((word) => text.includes(word));
}

/** What to try where nothing was found. */
function hintFor(runbooks: readonly Runbook[], alert: string | undefined): string {
  if (alert === undefined) return "Nothing holds all of these words: use fewer; runbook.list lists all";
  const near = nearest(alert, new Set(runbooks.flatMap(({ alerts }) => alerts)));
  return near.length > 0
    ? `No runbook is for this alert; there are some for ${near.join(", ")}`
    : "No runbook is for this alert: search by words";
}
