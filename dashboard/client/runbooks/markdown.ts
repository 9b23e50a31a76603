/// <reference lib="dom" />
import { build, mark } from "../core/dom.ts";
import { codeBox, copyButton } from "../core/parts.ts";

/** Characters of a text that are shown formatted; the rest is not. */
const CHARS_MAX = 50_000;
const INLINE = /(`+)([^`]+)\1|\*\*([^*]+)\*\*|\*([^*\s][^*]*)\*|!?\[([^\]]{0,500})\]\(([^()\s]{1,2000})\)/;

/** Markdown as elements: markup in it is text, links lead to http and https alone, and images are only named. */
export function renderMarkdown(markdown: string): readonly HTMLElement[] {
  const made: HTMLElement[] = [];
  const lines = markdown.slice(0, CHARS_MAX).split(/\r?\n/);
  while (lines.length > 0) {
    const line = lines.shift() ?? "";
    const heading = /^#{1,6}\s+(.*)$/.exec(line)?.[1];
    if (/^\s*(```|~~~)/.test(line)) made.push(codeOf(takeUntil(lines, /^\s*(```|~~~)\s*$/)));
    else if (heading !== undefined) made.push(build("h4", "", ...inline(heading)));
    else if (ITEM.test(line)) made.push(listOf([line, ...takeWhile(lines, ITEM)]));
    else if (/^\s*\|/.test(line)) made.push(tableOf([line, ...takeWhile(lines, /^\s*\|/)]));
    else if (line.trim() !== "") {
      made.push(build("p", "", ...inline([line, ...takeWhile(lines, PLAIN)].join(" "))));
    }
  }
  return made;
}

const ITEM = /^\s*(?:[-*+]|\d{1,9}[.)])\s+/;
/** A line that goes on with the paragraph before it. */
const PLAIN = /^(?!\s*(?:$|```|~~~|#{1,6}\s|\||[-*+]\s|\d{1,9}[.)]\s))/;

function takeWhile(lines: string[], fits: RegExp): string[] {
  const end = lines.findIndex((line) => !fits.test(line));
  return lines.splice(0, end < 0 ? lines.length : end);
}

function takeUntil(lines: string[], last: RegExp): string[] {
  const end = lines.findIndex((line) => last.test(line));
  const taken = lines.splice(0, end < 0 ? lines.length : end);
  lines.shift();
  return taken;
}

function codeOf(lines: readonly string[]): HTMLElement {
  const code = lines.join("\n");
  return build("div", "", codeBox(code, "Code"), copyButton(() => code, "Copy code"));
}

function listOf(lines: readonly string[]): HTMLElement {
  const items = lines.map((line) => build("li", "", ...inline(line.replace(ITEM, ""))));
  return build(/^\s*\d/.test(lines[0] ?? "") ? "ol" : "ul", "", ...items);
}

function tableOf(lines: readonly string[]): HTMLElement {
  const rows = lines.filter((line) => !/^[\s|:-]+$/.test(line)).map((line, row) => {
    const cells = line.trim().replace(/^\||\|$/g, "").split("|");
    return build("tr", "", ...cells.map((cell) => build(row === 0 ? "th" : "td", "", ...inline(cell.trim()))));
  });
  return build("table", "", ...rows);
}

function inline(text: string): readonly (Node | string)[] {
  const parts: (Node | string)[] = [];
  let rest = text;
  for (let found = INLINE.exec(rest); found; found = INLINE.exec(rest)) {
    const [whole, , code, strong, soft, words = "", url = ""] = found;
    parts.push(rest.slice(0, found.index));
    if (code !== undefined) parts.push(build("code", "", code));
    else if (strong !== undefined) parts.push(build("strong", "", strong));
    else if (soft !== undefined) parts.push(build("em", "", soft));
    else parts.push(whole.startsWith("!") ? words : linkTo(url, words) ?? whole);
    rest = rest.slice(found.index + whole.length);
  }
  return [...parts, rest];
}

/** A link that leaves the page; `undefined` for an address that is not of http or https. */
export function linkTo(url: string, words: string): HTMLElement | undefined {
  if (!/^https?:\/\//i.test(url) || !URL.canParse(url)) return undefined;
  return mark(build("a", "", words || url), { href: url, rel: "noopener noreferrer", target: "_blank" });
}
