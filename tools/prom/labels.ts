import { z } from "zod";
import { nearest } from "../nearest.ts";
import { cutPage, pageInput, pageMembers } from "../paging.ts";
import { defineTool } from "../tool.ts";
import type { Prometheus } from "./prometheus.ts";
import { matchInput } from "./promql.ts";

const PAGE_MAX = 1000;
const COMPARED_MAX = 20_000;
const containsInput = z.string().min(1).max(256).optional().describe("Only those that contain this, any letter case");

/** `prom.labels`: names of labels. */
export function promLabels(prometheus: Pick<Prometheus, "labelNames">) {
  return defineTool({
    name: "prom.labels",
    toolset: "prom",
    summary: "List label names",
    description: "Lists the names of labels, of all series or of those that match.",
    input: z.strictObject({ match: matchInput.optional(), contains: containsInput, ...pageInput(PAGE_MAX) }),
    output: z.object({ labels: z.array(z.string()).describe("In order"), ...pageMembers }),
    effect: "read",
    idempotent: true,
    openWorld: true,
    untrusted: "labels of metrics",
    run: async ({ match, contains, limit, cursor }, { signal }) => {
      const names = await prometheus.labelNames({ matchers: match === undefined ? [] : [match] }, signal);
      const { items: labels, ...page } = cutPage(containing(names, contains), { limit, cursor });
      return { labels, ...page, ...warningsOf(names, labels, contains) };
    },
  });
}

/** `prom.label_values`: values of one label. */
export function promLabelValues(prometheus: Pick<Prometheus, "labelValues" | "labelNames">) {
  return defineTool({
    name: "prom.label_values",
    toolset: "prom",
    summary: "List label values",
    description: "Lists the values of a label, of all series or of those that match; __name__ gives the metrics.",
    input: z.strictObject({
      label: z.string().min(1).max(256).describe("Label, such as job"),
      match: matchInput.optional(),
      contains: containsInput,
      ...pageInput(PAGE_MAX),
    }),
    output: z.object({ values: z.array(z.string()).describe("In order"), ...pageMembers }),
    effect: "read",
    idempotent: true,
    openWorld: true,
    untrusted: "labels of metrics",
    run: async ({ label, match, contains, limit, cursor }, { signal }) => {
      const scope = { matchers: match === undefined ? [] : [match] };
      const all = await prometheus.labelValues(label, scope, signal);
      const { items: values, ...page } = cutPage(containing(all, contains), { limit, cursor });
      if (all.length > 0) return { values, ...page, ...warningsOf(all, values, contains) };
      const names = await prometheus.labelNames(scope, signal);
      const near = nearest(label, names);
      const hint = near.length > 0 ? `; did you mean ${near.join(" or ")}?` : "";
      return { values, ...page, warnings: [`No series${match ? " that matches" : ""} has the label ${label}${hint}`] };
    },
  });
}

function containing(all: readonly string[], contains: string | undefined): readonly string[] {
  const wanted = contains?.toLowerCase();
  return wanted === undefined ? all : all.filter((text) => text.toLowerCase().includes(wanted));
}

function warningsOf(all: readonly string[], shown: readonly string[], contains: string | undefined) {
  if (shown.length > 0 || all.length === 0) return {};
  const near = nearest(contains ?? "", all.slice(0, COMPARED_MAX));
  return { warnings: [`None of ${all.length} contains it${near.length > 0 ? `; near are ${near.join(", ")}` : ""}`] };
}
