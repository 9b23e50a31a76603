import type { ToolsetOptions } from "../catalogue.ts";
import type { Tool } from "../tool.ts";
import { runbookRun } from "./run.ts";

/** Toolset `runbook-run`; what changes something it runs only where toolset `k8s-write` is on too. */
export function runbookRunTools({ runbooks: library, authorizer, tools, toolsets }: ToolsetOptions): readonly Tool[] {
  return [runbookRun({ library, authorizer, tools, changes: toolsets.has("k8s-write") })];
}
