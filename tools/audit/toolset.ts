import type { ToolsetOptions } from "../catalogue.ts";
import type { Tool } from "../tool.ts";

/** Toolset `audit`. */
export function auditTools(_options: ToolsetOptions): readonly Tool[] {
  return [];
}
