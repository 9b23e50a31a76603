import { z } from "zod";
import { cutPage, pageInput, pageMembers } from "../paging.ts";
import { defineTool } from "../tool.ts";
import type { Alert } from "./catalog_reply.ts";
import type { Prometheus } from "./prometheus.ts";

const PAGE_MAX = 500;
const TEXT_CHARS_MAX = 300;
const STATES = ["firing", "pending", "inactive"];
const SEVERITIES = ["critical", "error", "warning", "info"];

/** `prom.alerts`: what fires. */
export function promAlerts(prometheus: Pick<Prometheus, "alerts">) {
  return defineTool({
    name: "prom.alerts",
    toolset: "prom",
    summary: "List alerts",
    description: "Lists alerts that fire or are pending, the firing and most severe first, with since when and the " +
      "runbook where the rule names one: see runbook.preview.",
    input: z.strictObject({
      state: z.enum(["firing", "pending"]).optional().describe("Default both"),
      name: z.string().min(1).max(256).optional().describe("Only the alert of this name"),
      ...pageInput(PAGE_MAX),
    }),
    output: z.object({
      alerts: z.array(z.object({
        name: z.string(),
        state: z.string(),
        severity: z.string().optional(),
        since: z.string().optional().describe("RFC 3339"),
        value: z.string(),
        labels: z.record(z.string(), z.string()),
        summary: z.string().optional(),
        runbook: z.string().optional(),
      })),
      ...pageMembers,
    }),
    effect: "read",
    idempotent: true,
    openWorld: true,
    untrusted: "alerts",
    run: async ({ state, name, limit, cursor }, { signal }) => {
      const all = (await prometheus.alerts(signal))
        .filter((alert) => state === undefined || alert.state === state)
        .filter(({ labels }) => name === undefined || labels["alertname"] === name)
        .sort((a, b) => rankOf(a) - rankOf(b) || (a.activeAt ?? "").localeCompare(b.activeAt ?? ""));
      const { items: alerts, ...page } = cutPage(all.map(describe), { limit, cursor });
      return { alerts, ...page };
    },
  });
}

/** What is worse comes first. */
function rankOf({ state, labels }: Alert): number {
  const severity = SEVERITIES.indexOf(labels["severity"] ?? "");
  return STATES.indexOf(state) * 10 + (severity < 0 ? SEVERITIES.length : severity);
}

function describe({ state, activeAt, value, labels: all, annotations }: Alert) {
  const { alertname = "", severity, ...labels } = all;
  const summary = annotations["summary"] ?? annotations["description"] ?? annotations["message"];
  const runbook = annotations["runbook_url"] ?? annotations["runbook"];
  return {
    ...{ name: alertname, state, value, labels },
    ...(severity !== undefined && { severity }),
    ...(activeAt !== undefined && { since: activeAt }),
    ...(summary !== undefined && { summary: shorten(summary) }),
    ...(runbook !== undefined && { runbook: shorten(runbook) }),
  };
}

export function shorten(text: string): string {
  return text.length > TEXT_CHARS_MAX ? `${text.slice(0, TEXT_CHARS_MAX).toWellFormed()}…` : text;
}
