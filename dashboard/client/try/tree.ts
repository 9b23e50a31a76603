/// <reference lib="dom" />
import { build, button } from "../core/dom.ts";
import { formatCount } from "../core/format.ts";

/** Children that are shown at once; more come when asked for. */
const PAGE = 100;
/** Rows that a tree opens with, as far as whole levels fit. */
const FIRST_ROWS_MAX = 60;
/** Characters of a string in its row; a click shows the rest. */
const TEXT_CHARS_MAX = 300;

/**
 * JSON as a tree that folds. A branch's children are built when it is opened, a page at a time: what is not looked at
 * costs nothing, however much it is.
 */
export function createTree(value: unknown): HTMLElement {
  const tree = build("div", "tree");
  let room = FIRST_ROWS_MAX;
  const depth = depthWithin(value, FIRST_ROWS_MAX);
  tree.append(nodeOf(undefined, value, 0));
  return tree;

  function nodeOf(key: string | undefined, value: unknown, level: number): HTMLElement {
    room--;
    const entries = entriesOf(value);
    if (!entries || entries.length === 0) return build("div", "leaf", ...keyOf(key), leafOf(value));
    const branch = build("details", "branch");
    const isList = Array.isArray(value);
    const size = `${formatCount(entries.length)} ${isList ? "item" : "member"}${entries.length === 1 ? "" : "s"}`;
    branch.append(build("summary", "", ...keyOf(key), build("span", "punctuation", isList ? "[…] " : "{…} "), size));
    let isBuilt = false;
    const open = () => {
      if (isBuilt) return;
      isBuilt = true;
      const children = build("div", "children");
      branch.append(children);
      fill(children, entries, isList, 0, level);
    };
    branch.ontoggle = () => {
      if (branch.open) open();
    };
    if (level < depth && room > 0) {
      open();
      branch.open = true;
    }
    return branch;
  }

  function fill(
    children: HTMLElement,
    entries: readonly (readonly [string, unknown])[],
    isList: boolean,
    from: number,
    level: number,
  ): void {
    const page = entries.slice(from, from + PAGE);
    children.append(...page.map(([key, value]) => nodeOf(isList ? key : JSON.stringify(key), value, level + 1)));
    const left = entries.length - from - page.length;
    if (left === 0) return;
    const more = button("more", () => {
      more.remove();
      fill(children, entries, isList, from + PAGE, level);
      // Whoever asked stands on the first that came.
      const next = children.children[from + PAGE];
      if (next instanceof HTMLDetailsElement) next.querySelector("summary")?.focus();
    }, `Show ${Math.min(PAGE, left)} more of ${formatCount(left)}`);
    children.append(more);
  }
}

/** How many levels can be opened at the start. Wide levels stay folded. */
function depthWithin(value: unknown, rowsMax: number): number {
  let level = [value];
  let rows = 1;
  for (let depth = 0;; depth++) {
    const next: unknown[] = [];
    for (const one of level) {
      for (const [, child] of entriesOf(one)?.slice(0, PAGE) ?? []) next.push(child);
      if (rows + next.length > rowsMax) return Math.max(2, depth);
    }
    if (next.length === 0) return depth;
    rows += next.length;
    level = next;
  }
}

function entriesOf(value: unknown): readonly (readonly [string, unknown])[] | undefined {
  if (typeof value !== "object" || value === null || value instanceof ExactNumber) return undefined;
  return Object.entries(value);
}

function keyOf(key: string | undefined): readonly Node[] {
  return key === undefined ? [] : [build("span", "key", key), build("span", "punctuation", ": ")];
}

function leafOf(value: unknown): HTMLElement {
  if (value instanceof ExactNumber) return build("span", "number", value.digits);
  if (typeof value === "number") return build("span", "number", String(value));
  if (typeof value !== "string") return build("span", "literal", JSON.stringify(value));
  const text = JSON.stringify(value);
  const shown = build("span", "string", text.slice(0, TEXT_CHARS_MAX));
  if (text.length <= TEXT_CHARS_MAX) return shown;
  const all = button("more", () => {
    all.remove();
    shown.textContent = text;
  }, `… ${formatCount(text.length - TEXT_CHARS_MAX)} characters more`);
  return build("span", "", shown, all);
}

/** A number that JavaScript would round. */
class ExactNumber {
  readonly digits: string;

  constructor(digits: string) {
    this.digits = digits;
  }
}

/** Parses JSON with each digit of its numbers. @throws {SyntaxError} for what is no JSON */
export function parseExactly(text: string): unknown {
  // A reviver costs, so it is used only where a number may be long enough.
  if (!/\d{16}|\d{9}\.\d{7}/.test(text)) return JSON.parse(text);
  // The third argument is in every browser of the last years, and not yet in the types.
  const revive = (_key: string, value: unknown, context?: { readonly source?: string }) => {
    const source = context?.source;
    return typeof value === "number" && source !== undefined && String(value) !== source && source.length > 15
      ? new ExactNumber(source)
      : value;
  };
  return JSON.parse(text, revive);
}
