import { cellOf, COLUMNS } from "../../storage/audit/columns.ts";
import type { StoredAuditRecord } from "../../storage/audit_log.ts";
import type { Command } from "../command_line.ts";
import { readOptions, readTime, UsageError } from "../options.ts";
import { csvLine } from "./csv.ts";
import { openAuditSource } from "./source.ts";

/** Records that are in memory at once. */
const PAGE_MAX = 500;

const NAMES = ["id", ...COLUMNS.map(({ name }) => name)];

/** A form of output: what comes first, and each record's text. */
interface Format {
  readonly head: string;
  print(record: StoredAuditRecord): string;
}

const FORMATS: Readonly<Record<string, Format>> = {
  jsonl: {
    head: "",
    print: (record) => {
      const cells = cellsOf(record);
      return `${JSON.stringify(Object.fromEntries(NAMES.map((name, i) => [name, cells[i]])))}\n`;
    },
  },
  csv: { head: csvLine(NAMES), print: (record) => csvLine(cellsOf(record)) },
};

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
    const format = Object.hasOwn(FORMATS, options.format ?? "") ? FORMATS[options.format ?? ""] : undefined;
    if (!format) {
      throw new UsageError(`Invalid --format ${JSON.stringify(options.format ?? "")}: expected jsonl or csv`);
    }
    const range = { fromMs: readTime("since", options.since), toMs: readTime("until", options.until) };
    await using source = openAuditSource(context.settings());
    await source.log.snapshot(async (log) => {
      await context.write(format.head);
      for await (const page of log.byId(range, PAGE_MAX)) {
        await context.write(page.map((record) => format.print(record)).join(""));
      }
    });
    return 0;
  },
};

/** What somebody put in as a time may be none. */
function cellsOf(record: StoredAuditRecord): readonly (string | number | null)[] {
  const isTime = !Number.isNaN(record.timestampMs);
  return [
    record.id,
    ...COLUMNS.map((column) => column.type === "timestamp" && !isTime ? null : cellOf(record, column)),
  ];
}
