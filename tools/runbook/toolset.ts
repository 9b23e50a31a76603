import type { ToolsetOptions } from "../catalogue.ts";
import type { Tool } from "../tool.ts";
import { toolNamed } from "../tool_named.ts";
import { runbookList } from "./list.ts";
import { runbookSearch } from "./search.ts";

/** Toolset `runbook`; it also extends `runbook.preview`. */
export function runbookTools({ runbooks: library, authorizer, tools }: ToolsetOptions): readonly Tool[] {
  const finding = { library, authorizer, preview: () => toolNamed(tools(), "runbook.preview") };
  return [runbookList(finding), runbookSearch(finding)];
}
