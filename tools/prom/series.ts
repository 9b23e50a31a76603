import { z } from "zod";
import { cutPage, pageInput, pageMembers } from "../paging.ts";
import { defineTool } from "../tool.ts";
import { explainEmpty } from "./explain_empty.ts";
import type { Prometheus } from "./prometheus.ts";
import { matchInput } from "./promql.ts";

const PAGE_MAX = 500;

/** `prom.series`: which series match, by their labels. */
export function promSeries(prometheus: Pick<Prometheus, "series" | "labelValues">) {
  return defineTool({
    name: "prom.series",
    toolset: "prom",
    summary: "List series",
    description:
      "Lists series by their labels, without values. distinct says how many values each label has: the ones " +
      "to narrow a query by, or to aggregate away.",
    input: z.strictObject({ match: matchInput, ...pageInput(PAGE_MAX) }),
    output: z.object({
      distinct: z.record(z.string(), z.int()).describe("Values of each label, the most first"),
      series: z.array(z.record(z.string(), z.string())),
      ...pageMembers,
    }),
    effect: "read",
    idempotent: true,
    openWorld: true,
    untrusted: "labels of metrics",
    run: async ({ match, limit, cursor }, { signal }) => {
      const all = await prometheus.series({ matchers: [match] }, signal);
      const { items, ...page } = cutPage(all, { limit, cursor });
      const warnings = all.length === 0 ? await explainEmpty(prometheus, match, signal) : [];
      return {
        distinct: distinctOf(all),
        series: [...items],
        ...page,
        ...(warnings.length > 0 && { warnings: [...warnings] }),
      };
    },
  });
}

function distinctOf(all: readonly Readonly<Record<string, string>>[]): Record<string, number> {
  const values = new Map<string, Set<string>>();
  for (const labels of all) {
    for (const [label, value] of Object.entries(labels)) {
      const known = values.get(label);
      if (known) known.add(value);
      else values.set(label, new Set([value]));
    }
  }
  return Object.fromEntries(
    Array.from(values, ([label, { size }]) => [label, size] as const).sort(([, a], [, b]) => b - a),
  );
}
