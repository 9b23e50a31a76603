import { z } from "zod";
import { nearest } from "../nearest.ts";
import { cutPage, pageInput, pageMembers } from "../paging.ts";
import { defineTool } from "../tool.ts";
import type { Prometheus } from "./prometheus.ts";

const PAGE_MAX = 500;
const HELP_CHARS_MAX = 160;
/** What exporters add to a metric's name for its parts, which share its description. */
const PART = /_(?:bucket|sum|count|total)$/;

/** `prom.metrics`: which metrics there are, by what they are called and what they are said to be. */
export function promMetrics(prometheus: Pick<Prometheus, "labelValues" | "metadata">) {
  return defineTool({
    name: "prom.metrics",
    toolset: "prom",
    summary: "Search metrics",
    description:
      "Searches metrics by words in their name or description; those whose name has all of them come first. " +
      "Gives type, unit and description.",
    input: z.strictObject({
      search: z.string().max(256).default("").describe("Words, such as http latency; default all"),
      ...pageInput(PAGE_MAX),
    }),
    output: z.object({
      metrics: z.array(z.object({
        name: z.string(),
        type: z.string().describe("counter, gauge, histogram, summary, or unknown"),
        help: z.string().optional(),
        unit: z.string().optional(),
      })),
      ...pageMembers,
    }),
    effect: "read",
    idempotent: true,
    openWorld: true,
    untrusted: "descriptions of metrics",
    run: async ({ search, limit, cursor }, { signal }) => {
      const [names, metadata] = await Promise.all([
        prometheus.labelValues("__name__", { matchers: [] }, signal),
        prometheus.metadata(undefined, signal),
      ]);
      const words = search.toLowerCase().split(/\s+/).filter((word) => word !== "");
      const described = names.map((name) => {
        const { type = "unknown", help = "", unit = "" } = metadata.get(name) ?? metadata.get(name.replace(PART, "")) ??
          {};
        return { name, type, help, unit };
      });
      const inName = described.filter(({ name }) => words.every((word) => name.toLowerCase().includes(word)));
      const inHelp = described.filter((metric) =>
        !inName.includes(metric) &&
        words.every((word) => `${metric.name} ${metric.help}`.toLowerCase().includes(word))
      );
      const found = [...inName, ...inHelp].map(({ name, type, help, unit }) => ({
        ...{ name, type },
        ...(help !== "" && { help: shorten(help) }),
        ...(unit !== "" && { unit }),
      }));
      const { items: metrics, ...page } = cutPage(found, { limit, cursor });
      if (found.length > 0) return { metrics, ...page };
      const near = nearest(search, names);
      const hint = near.length > 0 ? `; near are ${near.join(", ")}` : "";
      return { metrics, ...page, warnings: [`None of ${names.length} metrics has these words${hint}`] };
    },
  });
}

function shorten(help: string): string {
  return help.length > HELP_CHARS_MAX ? `${help.slice(0, HELP_CHARS_MAX).toWellFormed()}…` : help;
}
