import { EXPORT_FORMS } from "../../storage/audit/export_form.ts";
import type { Command } from "../command_line.ts";
import { readOptions, readTime, UsageError } from "../options.ts";
import { openAuditSource } from "./source.ts";

/** Records that are in memory at once. */
const PAGE_MAX = 500;

export const exportRecords: Command = {
  summary: "write the records to standard output, in the order of their ids",
  help: `deno task audit export --format jsonl|csv [--since TIME] [--until TIME]

  --format jsonl  one JSON object a line, the columns by their names: nothing is changed
  --format csv    RFC 4180; text that a spreadsheet would run as a formula gets a ' before it
  --since TIME    only what came at this time or later, such as 2026-11-22 or 2026-11-22T10:30:00Z
  --until TIME    only what came before this time

Exit code: 0 = all is written, 2 = not`,

  async run(args, context) {
    const options = readOptions(args, {
      format: { type: "string" },
      since: { type: "string" },
      until: { type: "string" },
    });
    const { format: named = "" } = options;
    if (named !== "jsonl" && named !== "csv") {
      throw new UsageError(`Invalid --format ${JSON.stringify(named)}: expected jsonl or csv`);
    }
    const form = EXPORT_FORMS[named];
    const range = { fromMs: readTime("since", options.since), toMs: readTime("until", options.until) };
    await using source = openAuditSource(context.settings());
    await source.log.snapshot(async (log) => {
      await context.write(form.head);
      for await (const page of log.byId(range, PAGE_MAX)) {
        await context.write(page.map((record) => form.print(record)).join(""));
      }
    });
    return 0;
  },
};
