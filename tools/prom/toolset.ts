import type { ToolsetOptions } from "../catalogue.ts";
import type { Tool } from "../tool.ts";
import { promAlerts } from "./alerts.ts";
import { promLabels, promLabelValues } from "./labels.ts";
import { promMetrics } from "./metrics.ts";
import { promQueryRange } from "./query_range.ts";
import { promRules } from "./rules.ts";
import { promSeries } from "./series.ts";
import { promTargets } from "./targets.ts";

/** Toolset `prom`. */
export function prometheusTools({ prometheus, guardrail, clock }: ToolsetOptions): readonly Tool[] {
  return [
    promQueryRange(prometheus, guardrail, clock),
    promMetrics(prometheus),
    promLabels(prometheus),
    promLabelValues(prometheus),
    promSeries(prometheus),
    promAlerts(prometheus),
    promRules(prometheus),
    promTargets(prometheus),
  ];
}
