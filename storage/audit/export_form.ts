import type { StoredAuditRecord } from "../audit_log.ts";
import { cellOf, COLUMNS } from "./columns.ts";
import { csvLine } from "./csv.ts";

const NAMES = ["id", ...COLUMNS.map(({ name }) => name)];

/** A form that records leave the log in: what comes first, and each record's text. */
export interface ExportForm {
  readonly head: string;
  print(record: StoredAuditRecord): string;
}

/** `jsonl`: an object a line, the columns by their names, nothing changed. `csv`: see `csvLine`. */
export const EXPORT_FORMS: Readonly<Record<"jsonl" | "csv", ExportForm>> = {
  jsonl: {
    head: "",
    print: (record) => {
      const cells = cellsOf(record);
      return `${JSON.stringify(Object.fromEntries(NAMES.map((name, i) => [name, cells[i]])))}\n`;
    },
  },
  csv: { head: csvLine(NAMES), print: (record) => csvLine(cellsOf(record)) },
};

/** What somebody put in as a time may be none. */
function cellsOf(record: StoredAuditRecord): readonly (string | number | null)[] {
  const isTime = !Number.isNaN(record.timestampMs);
  return [
    record.id,
    ...COLUMNS.map((column) => column.type === "timestamp" && !isTime ? null : cellOf(record, column)),
  ];
}
