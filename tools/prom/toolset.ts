import type { ToolsetOptions } from "../catalogue.ts";
import type { Tool } from "../tool.ts";

/** Toolset `prom`. */
export function prometheusTools(_options: ToolsetOptions): readonly Tool[] {
  return [];
}
