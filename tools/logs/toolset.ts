import type { ToolsetOptions } from "../catalogue.ts";
import type { Tool } from "../tool.ts";
import { clusterLogs } from "./cluster_logs.ts";
import { logsPatterns } from "./patterns.ts";

/** Toolset `logs`. */
export function logTools({ cluster }: ToolsetOptions): readonly Tool[] {
  return [logsPatterns(clusterLogs(cluster))];
}
