import type { ToolsetOptions } from "../catalogue.ts";
import type { Tool } from "../tool.ts";

/** Toolset `ctx`. */
export function contextTools(_options: ToolsetOptions): readonly Tool[] {
  return [];
}
