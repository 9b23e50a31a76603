import type { RunbookLibrary } from "../runbook/library.ts";
import type { Tool } from "../tool.ts";

/** `runbook.preview` that gives the runbook as it was written. */
export function runbookMarkdown(runbookPreview: Tool, library: Pick<RunbookLibrary, "readMarkdown">): Tool {
  return {
    ...runbookPreview,
    // Its schema says that the id is a text.
    run: async ({ runbook_id }) => ({ markdown: await library.readMarkdown(String(runbook_id)) }),
  };
}
