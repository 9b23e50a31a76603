import type { ToolsetOptions } from "../../catalogue.ts";
import type { Tool } from "../../tool.ts";

/** Toolset `k8s-write`. */
export function clusterWriteTools(_options: ToolsetOptions): readonly Tool[] {
  return [];
}
