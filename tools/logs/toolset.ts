import type { ToolsetOptions } from "../catalogue.ts";
import type { Tool } from "../tool.ts";

/** Toolset `logs`. */
export function logTools(_options: ToolsetOptions): readonly Tool[] {
  return [];
}
