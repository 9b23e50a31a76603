/// <reference lib="dom" />
import { build, mark } from "../core/dom.ts";

export interface VirtualListOptions<Item> {
  /** Names the list to whoever does not see it. */
  readonly label: string;
  readonly columns: readonly string[];
  readonly rowHeightPx: number;
  /** Fills a row's cells with an item; rows are used again. */
  readonly fill: (cells: readonly HTMLElement[], item: Item) => void;
  readonly onPick: (item: Item) => void;
  /** Tells the same item in a list that was read anew; the very object where left out. */
  readonly keyOf?: (item: Item) => unknown;
}

/** Rows beside those in sight, so that a scroll finds them there. */
const SPARE_ROWS = 6;
let lists = 0;

/**
 * A list of which only what is in sight is in the page, however long it is: newest on top. Arrow keys go through it, Enter
 * picks.
 */
export function createVirtualList<Item>(options: VirtualListOptions<Item>) {
  const { label, columns, rowHeightPx, fill, onPick, keyOf = (item) => item } = options;
  const name = `list-${++lists}`;
  const head = mark(
    build("div", "vrow vhead", ...columns.map((column) => mark(build("span", "", column), { role: "columnheader" }))),
    { role: "row" },
  );
  const body = mark(build("div", "vbody"), { role: "rowgroup" });
  const element = mark(build("div", "vlist", mark(build("div", ""), { role: "rowgroup" }), body), {
    role: "grid",
    tabindex: "0",
    "aria-label": label,
  });
  element.firstElementChild?.append(head);
  let items: readonly Item[] = [];
  /** The one that the keyboard is at. */
  let current: Item | undefined;
  let drawing = 0;
  const rows: { readonly row: HTMLElement; readonly cells: readonly HTMLElement[]; item: Item | undefined }[] = [];

  /** The newest is the last of the items, and the first to be seen. */
  const itemAt = (index: number) => items[items.length - 1 - index];
  const indexOf = (item: Item) => items.length - 1 - items.lastIndexOf(item);

  function rowAt(place: number) {
    const known = rows[place];
    if (known) return known;
    const cells = columns.map(() => mark(build("span", ""), { role: "gridcell" }));
    const row = mark(build("div", "vrow", ...cells), { role: "row" });
    const made = { row, cells, item: undefined as Item | undefined };
    row.onclick = () => pick(made.item);
    rows.push(made);
    body.append(row);
    return made;
  }

  function pick(item: Item | undefined): void {
    if (item === undefined) return;
    current = item;
    draw();
    onPick(item);
  }

  function draw(): void {
    cancelAnimationFrame(drawing);
    drawing = 0;
    body.style.height = `${items.length * rowHeightPx}px`;
    element.setAttribute("aria-rowcount", String(items.length + 1));
    const first = Math.max(0, Math.floor(element.scrollTop / rowHeightPx) - SPARE_ROWS);
    const count = Math.ceil(element.clientHeight / rowHeightPx) + 2 * SPARE_ROWS;
    let active = "";
    for (let place = 0; place < Math.max(count, rows.length); place++) {
      const item = place < count ? itemAt(first + place) : undefined;
      if (item === undefined && place >= rows.length) break;
      const made = rowAt(place);
      made.row.hidden = item === undefined;
      if (item === undefined) continue;
      if (made.item !== item) {
        made.item = item;
        fill(made.cells, item);
      }
      made.row.id = `${name}-${place}`;
      made.row.style.transform = `translateY(${(first + place) * rowHeightPx}px)`;
      made.row.setAttribute("aria-rowindex", String(first + place + 2));
      made.row.setAttribute("aria-selected", String(item === current));
      if (item === current) active = made.row.id;
    }
    if (active) element.setAttribute("aria-activedescendant", active);
    else element.removeAttribute("aria-activedescendant");
  }

  function drawSoon(): void {
    drawing ||= requestAnimationFrame(draw);
  }

  function go(index: number): void {
    const item = itemAt(Math.max(0, Math.min(items.length - 1, index)));
    if (item === undefined) return;
    current = item;
    const top = indexOf(item) * rowHeightPx;
    const room = element.clientHeight - head.offsetHeight - rowHeightPx;
    if (top < element.scrollTop) element.scrollTop = top;
    else if (top > element.scrollTop + room) element.scrollTop = top - room;
    draw();
  }

  element.onscroll = drawSoon;
  new ResizeObserver(drawSoon).observe(element);
  element.onkeydown = (event) => {
    const at = current === undefined ? -1 : indexOf(current);
    const page = Math.max(1, Math.floor(element.clientHeight / rowHeightPx) - 2);
    const to: Readonly<Record<string, number>> = {
      ArrowDown: at + 1,
      ArrowUp: at - 1,
      PageDown: at + page,
      PageUp: at - page,
      Home: 0,
      End: items.length - 1,
    };
    const index = to[event.key];
    if (index !== undefined) {
      event.preventDefault();
      go(index);
    } else if (event.key === "Enter") {
      pick(current);
    }
  };

  return {
    element,
    /** @param added how many of them are new at the end: who has scrolled away from them stays where they are */
    show(now: readonly Item[], added = 0): void {
      items = now;
      const key = current && keyOf(current);
      if (key !== current) current = items.find((item) => keyOf(item) === key);
      if (element.scrollTop > 0 && added > 0) element.scrollTop += added * rowHeightPx;
      drawSoon();
    },
  };
}
