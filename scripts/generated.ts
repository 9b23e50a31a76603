/** A table in Markdown, in the form that `deno fmt` gives it. @param rows the first is the head */
export function printTable(rows: readonly (readonly string[])[]): string {
  const cells = rows.map((row) => row.map((cell) => cell.replaceAll("|", "\\|")));
  const widths = (cells[0] ?? []).map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const print = (row: readonly string[]) => `| ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(" | ")} |\n`;
  const [head = [], ...body] = cells;
  return [print(head), print(widths.map((width) => "-".repeat(width))), ...body.map(print)].join("");
}

/**
 * A document with the part that is made by the task in place of the one that it has.
 *
 * @param name of the part: between `<!-- name: deno task docs:name -->` and `<!-- /name -->`
 * @param task that makes it
 * @throws {Error} where the document has no such part
 */
export function withGenerated(document: string, name: string, part: string, task = `docs:${name}`): string {
  const [start, end] = [`<!-- ${name}: deno task ${task} -->\n\n`, `\n<!-- /${name} -->`];
  const [before, rest = ""] = document.split(start);
  const [, after] = rest.split(end);
  if (after === undefined) throw new Error(`Cannot find ${JSON.stringify(start)} and ${JSON.stringify(end)}`);
  return `${before}${start}${part}${end}${after}`;
}
