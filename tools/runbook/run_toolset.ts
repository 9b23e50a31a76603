import type { ToolsetOptions } from "../catalogue.ts";
import type { Tool } from "../tool.ts";

/** Toolset `runbook-run`. */
export function runbookRunTools(_options: ToolsetOptions): readonly Tool[] {
  return [];
}
