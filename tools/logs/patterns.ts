import { Buffer } from "node:buffer";
import { z } from "zod";
import { cutPage, DEFAULT_PAGE_BYTES, type Page, pageInput, pageMembers, type PageRequest } from "../paging.ts";
import { defineTool } from "../tool.ts";
import type { LogBackend } from "./backend.ts";
import { runsOf, scopeInput } from "./input.ts";
import { type LogPattern, PatternGroups } from "./pattern_groups.ts";
import { boundWarnings } from "./reply.ts";

const PAGE_MAX = 200;
const WARNING_BYTES_MAX = 1_200;

const patternSchema = z.object({
  pattern: z.string().describe("What the lines have in common; <…> stands for what differs"),
  level: z.enum(["error", "warning"]).optional().describe("By their level, or by their words"),
  count: z.int().describe("Lines"),
  first: z.string().describe("Time of the oldest"),
  last: z.string().describe("Time of the newest"),
  example: z.string().describe("The newest"),
  pods: z.array(z.string()).describe("Some of the pods they are from"),
  more_pods: z.int().optional().describe("Pods beside those"),
});

/** `logs.patterns`: what a namespace's logs say, each kind of line once. */
export function logsPatterns(backend: LogBackend) {
  return defineTool({
    name: "logs.patterns",
    toolset: "logs",
    summary: "Patterns of log lines",
    description:
      "Groups similar log lines of a namespace's pods, numbers and ids apart: count, first and last time, the newest as " +
      "example. Errors first, then warnings, then the most frequent. Start here, then logs.search what stands out.",
    input: z.strictObject({ ...scopeInput, ...pageInput(PAGE_MAX) }),
    output: z.object({
      patterns: z.array(patternSchema).describe("Errors first, then warnings; of each the most frequent first"),
      lines: z.int().describe("Lines that were grouped"),
      ...pageMembers,
    }),
    effect: "read",
    idempotent: true,
    openWorld: true,
    untrusted: "log lines",
    print: ({ patterns, lines, returned, total, next, warnings = [] }) =>
      [
        `${returned} of ${total} patterns in ${lines} lines`,
        ...patterns.map(printPattern),
        ...warnings,
        ...(next === undefined ? [] : [`next: cursor ${JSON.stringify(next)}`]),
      ].join("\n"),
    run: async ({ namespace, query, pod, container, since_seconds, previous, limit, cursor }, call) => {
      const groups = new PatternGroups();
      const finds = await backend.search({
        ...{ namespace, pod, container, query, sinceSeconds: since_seconds, limit: 1, context: 0 },
        runs: runsOf({ previous }),
        onMatch: (entry) => groups.add(entry),
      }, call);
      const warnings = boundWarnings([
        ...(groups.ungrouped > 0
          ? [`Lines beyond the patterns that are kept: ${groups.ungrouped}; narrow by query`]
          : []),
        ...finds.warnings,
      ], WARNING_BYTES_MAX);
      const { items: patterns, ...page } = cutPatterns(groups.list(), warnings, { limit, cursor });
      return {
        patterns: patterns.map((pattern) => ({ ...pattern, pods: [...pattern.pods] })),
        lines: finds.matched,
        ...page,
        ...(warnings.length > 0 && { warnings: [...warnings] }),
      };
    },
  });
}

/** A page; without a limit, what is warned of takes of its room. */
function cutPatterns(
  all: readonly LogPattern[],
  warnings: readonly string[],
  request: PageRequest,
): Page<LogPattern> {
  const page = cutPage(all, request);
  if (request.limit !== undefined) return page;
  let room = DEFAULT_PAGE_BYTES - Buffer.byteLength(JSON.stringify(warnings));
  const fitting = page.items.findIndex((item) => (room -= Buffer.byteLength(JSON.stringify(item)) + 1) < 0);
  return fitting < 0 ? page : cutPage(all, { ...request, limit: Math.max(1, fitting) });
}

function printPattern(
  { pattern, level, count, first, last, example, pods, more_pods = 0 }: z.output<typeof patternSchema>,
) {
  const from = pods.join(", ") + (more_pods > 0 ? ` and ${more_pods} more` : "");
  const about = `${count}x ${level ? `${level} ` : ""}${first.slice(0, 19)} to ${last.slice(0, 19)} ${from}`;
  return example === pattern ? `${about}\n  ${pattern}` : `${about}\n  ${pattern}\n  e.g. ${example}`;
}
