import type { ToolsetOptions } from "../catalogue.ts";
import type { Tool } from "../tool.ts";

/** Toolset `k8s`. */
export function clusterTools(_options: ToolsetOptions): readonly Tool[] {
  return [];
}
