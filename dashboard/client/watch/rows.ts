import type { CallRow } from "../../wire.ts";

/** Calls that are kept; older ones are in the audit log. */
export const ROWS_MAX = 10_000;

/** Which calls are shown: every word must be in one of its texts. */
export interface RowFilter {
  readonly words: readonly string[];
  /** Empty: all. */
  readonly outcome: string;
}

export function isShown({ words, outcome }: RowFilter, row: CallRow): boolean {
  if (outcome !== "" && row.outcome !== outcome) return false;
  if (words.length === 0) return true;
  const text = `${row.tool} ${row.principal} ${row.outcome} ${row.replica}`.toLowerCase();
  return words.every((word) => text.includes(word));
}

/** The last calls, oldest first, and those of them that are shown. */
export class Rows {
  #all: CallRow[] = [];
  #shown: CallRow[] = [];
  #filter: RowFilter = { words: [], outcome: "" };

  get total(): number {
    return this.#all.length;
  }

  get shown(): readonly CallRow[] {
    return this.#shown;
  }

  /** @returns how many more are shown at the end */
  add(rows: readonly CallRow[]): number {
    const added = rows.filter((row) => isShown(this.#filter, row));
    this.#all.push(...rows);
    this.#shown.push(...added);
    const over = this.#all.length - ROWS_MAX;
    if (over > 0) {
      const gone = this.#all.splice(0, over).filter((row) => isShown(this.#filter, row));
      this.#shown.splice(0, gone.length);
    }
    return added.length;
  }

  filter(filter: RowFilter): void {
    this.#filter = filter;
    this.#shown = this.#all.filter((row) => isShown(filter, row));
  }

  clear(): void {
    this.#all = [];
    this.#shown = [];
  }
}
