import { z } from "zod";
import { cutPage, pageInput, pageMembers } from "../paging.ts";
import { defineTool } from "../tool.ts";
import { shorten } from "./alerts.ts";
import type { Prometheus } from "./prometheus.ts";

const PAGE_MAX = 500;

/** `prom.targets`: what Prometheus scrapes, and where that fails. */
export function promTargets(prometheus: Pick<Prometheus, "targets">) {
  return defineTool({
    name: "prom.targets",
    toolset: "prom",
    summary: "List scrape targets",
    description: "Lists what Prometheus scrapes, the targets that are down first, with the error.",
    input: z.strictObject({
      job: z.string().min(1).max(256).optional().describe("Only of this job"),
      health: z.enum(["up", "down", "unknown"]).optional().describe("Default all"),
      ...pageInput(PAGE_MAX),
    }),
    output: z.object({
      down: z.int().describe("Targets that are down, of all that match"),
      targets: z.array(z.object({
        job: z.string(),
        instance: z.string(),
        health: z.string(),
        error: z.string().optional(),
        last_scrape: z.string().describe("RFC 3339"),
        scrape_ms: z.number(),
      })),
      ...pageMembers,
    }),
    effect: "read",
    idempotent: true,
    openWorld: true,
    untrusted: "targets",
    run: async ({ job, health, limit, cursor }, { signal }) => {
      const all = (await prometheus.targets(signal))
        .map(({ labels, scrapePool, scrapeUrl, health, lastError, lastScrape, lastScrapeDuration }) => ({
          job: labels["job"] ?? scrapePool,
          instance: labels["instance"] ?? scrapeUrl,
          health,
          ...(lastError !== "" && { error: shorten(lastError) }),
          last_scrape: lastScrape,
          scrape_ms: Math.round(lastScrapeDuration * 1e6) / 1000,
        }))
        .filter((target) => job === undefined || target.job === job)
        .filter((target) => health === undefined || target.health === health)
        .sort((a, b) => Number(a.health === "up") - Number(b.health === "up") || a.job.localeCompare(b.job));
      const { items: targets, ...page } = cutPage(all, { limit, cursor });
      return { down: all.filter(({ health }) => health === "down").length, targets, ...page };
    },
  });
}
