import { z } from "zod";
import { cutPage, pageInput, pageMembers } from "../paging.ts";
import { defineTool } from "../tool.ts";
import { shorten } from "./alerts.ts";
import type { Prometheus } from "./prometheus.ts";

const PAGE_MAX = 500;

/** `prom.rules`: what is watched for, and whether the watching works. */
export function promRules(prometheus: Pick<Prometheus, "rules">) {
  return defineTool({
    name: "prom.rules",
    toolset: "prom",
    summary: "List rules",
    description:
      "Lists alerting and recording rules with their expression and health; those that cannot be evaluated " +
      "come first, then those that fire.",
    input: z.strictObject({
      type: z.enum(["alerting", "recording"]).optional().describe("Default both"),
      contains: z.string().min(1).max(256).optional().describe("In name or expression, any letter case"),
      ...pageInput(PAGE_MAX),
    }),
    output: z.object({
      rules: z.array(z.object({
        name: z.string(),
        type: z.string(),
        group: z.string(),
        query: z.string(),
        health: z.string().describe("ok, err or unknown"),
        error: z.string().optional(),
        state: z.string().optional().describe("Of an alerting rule: firing, pending or inactive"),
        for_seconds: z.number().optional(),
      })),
      ...pageMembers,
    }),
    effect: "read",
    idempotent: true,
    openWorld: true,
    untrusted: "rules",
    run: async ({ type, contains, limit, cursor }, { signal }) => {
      const wanted = contains?.toLowerCase() ?? "";
      const all = (await prometheus.rules(signal))
        .flatMap(({ name: group, rules }) => rules.map((rule) => ({ group, ...rule })))
        .filter((rule) => type === undefined || rule.type === type)
        .filter(({ name, query }) => `${name}\n${query}`.toLowerCase().includes(wanted))
        .sort((a, b) => rankOf(a) - rankOf(b))
        .map(({ group, name, type, query, health, lastError, state, duration }) => ({
          ...{ name, type, group, query: shorten(query), health },
          ...(lastError && { error: shorten(lastError) }),
          ...(state !== undefined && { state }),
          ...(duration !== undefined && { for_seconds: duration }),
        }));
      const { items: rules, ...page } = cutPage(all, { limit, cursor });
      return { rules, ...page };
    },
  });
}

function rankOf({ health, state }: { readonly health: string; readonly state?: string | undefined }): number {
  if (health === "err") return 0;
  return state === "firing" ? 1 : state === "pending" ? 2 : 3;
}
