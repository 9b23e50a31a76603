/// <reference lib="dom" />
import { build, button, mark } from "../core/dom.ts";
import { formatCount } from "../core/format.ts";
import { printCell, type Table } from "./tabular.ts";

/** Rows that are shown at once; more come when asked for. */
const PAGE = 200;
const CELL_CHARS_MAX = 500;

/** Rows and columns of a reply. */
export function createTable({ name, columns, rows }: Table): HTMLElement {
  const head = build("tr", "", ...columns.map((column) => mark(build("th", "", column), { scope: "col" })));
  const body = build("tbody", "");
  const count = `${formatCount(rows.length)} row${rows.length === 1 ? "" : "s"}`;
  const caption = build("caption", "", name ? `${name}: ${count}` : count);
  const table = build("table", "data", caption, build("thead", "", head), body);
  const box = build("div", "table-box", table);
  let shown = 0;
  const fill = () => {
    const page = rows.slice(shown, shown + PAGE);
    shown += page.length;
    body.append(...page.map((row) => build("tr", "", ...columns.map((column) => cellOf(row[column])))));
  };
  fill();
  if (shown < rows.length) {
    const more = button("more", () => {
      fill();
      more.textContent = words();
      if (shown >= rows.length) more.remove();
    });
    const words = () => `Show ${Math.min(PAGE, rows.length - shown)} more of ${formatCount(rows.length - shown)}`;
    more.textContent = words();
    box.append(more);
  }
  return box;
}

function cellOf(value: unknown): HTMLElement {
  const text = printCell(value);
  return build(
    "td",
    typeof value === "number" ? "number" : "",
    text.length > CELL_CHARS_MAX ? `${text.slice(0, CELL_CHARS_MAX)}…` : text,
  );
}
