import type { ToolsetOptions } from "../catalogue.ts";
import type { Tool } from "../tool.ts";

/** Toolset `runbook`. */
export function runbookTools(_options: ToolsetOptions): readonly Tool[] {
  return [];
}
