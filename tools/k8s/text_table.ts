/**
 * A table in as few tokens as can be: a line a row, with tabs between its cells and no spaces to line them up. A tab or a
 * line end within a cell becomes a space.
 */
export function textTable(columns: readonly string[], rows: readonly (readonly unknown[])[]): string {
  const line = (cells: readonly unknown[]) =>
    cells.map((cell) => String(cell ?? "").replace(/[\t\r\n]+/g, " ")).join("\t").trimEnd();
  return [line(columns.map((name) => name.toUpperCase())), ...rows.map(line)].join("\n");
}

/** What a list says beside its rows, a line each. */
export function textNotes(
  { warnings = [], next }: { readonly warnings?: readonly string[] | undefined; readonly next?: string | undefined },
  argument = "cursor",
): string {
  return [...warnings, ...(next === undefined ? [] : [`next: ${argument} ${JSON.stringify(next)}`])]
    .map((note) => `\n${note}`).join("");
}
