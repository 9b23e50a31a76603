/// <reference lib="dom" />
import { errorOf, type Exchange } from "./exchange.ts";
import type { ToolListing } from "./examples.ts";
import { layOutJson } from "./json_text.ts";

/** Longer replies are shown without colour, and still longer ones in part. */
const COLOURED_CHARS_MAX = 200_000;
const SHOWN_CHARS_MAX = 2_000_000;

/** An element of the page by its id. @throws when it is not there: the page and its script are not of one version. */
export function element<Kind extends HTMLElement>(id: string, kind: new () => Kind): Kind {
  const found = document.getElementById(id);
  if (found instanceof kind) return found;
  throw new Error(`Cannot find ${kind.name} "${id}" in the page`);
}

/** Builds an element; every text from outside comes in as text. */
export function build<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  className: string,
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...children);
  return made;
}

/** Says something, once: a live region is read out again whenever its text is set. */
export function say(where: HTMLElement, words: string): void {
  if (where.textContent !== words) where.textContent = words;
}

/** The text of a reply, printed and coloured. */
export function printReply(text: string): Node {
  const shown = text.slice(0, SHOWN_CHARS_MAX);
  const tokens = layOutJson(shown);
  const fragment = document.createDocumentFragment();
  if (tokens && shown.length <= COLOURED_CHARS_MAX) {
    fragment.append(...tokens.map(({ kind, text }) => kind === "space" ? text : build("span", kind, text)));
  } else {
    fragment.append(tokens?.map((token) => token.text).join("") ?? shown);
  }
  if (shown.length < text.length) fragment.append(`\n… and ${formatCount(text.length - shown.length)} characters more`);
  return fragment;
}

/** How a request ended in a few words, and its colour. */
export interface Summary {
  readonly tone: "waiting" | "result" | "error";
  readonly words: string;
  readonly duration: string;
}

export function summarize({ outcome }: Exchange): Summary {
  switch (outcome.kind) {
    case "waiting":
      return { tone: "waiting", words: "Waiting…", duration: "" };
    case "sent":
      return { tone: "waiting", words: "Sent, no reply due", duration: "" };
    case "lost":
      return { tone: "error", words: outcome.reason, duration: "" };
    case "reply": {
      const error = errorOf(outcome.text);
      const duration = outcome.durationMs === undefined ? "" : formatDuration(outcome.durationMs);
      if (error) return { tone: "error", words: `Error ${minus(error.code)}`, duration };
      return { tone: "result", words: "Result", duration };
    }
  }
}

/** A tool as an entry to pick. */
export function toolEntry(tool: ToolListing, onPick: () => void): HTMLLIElement {
  const parameters = Object.entries(tool.parameters).map(([name, { type, required, default: preset }]) => {
    const rest = required ? "" : preset === undefined ? ", optional" : `, ${JSON.stringify(preset)} by default`;
    return build("span", "parameter", build("code", "", name), ` ${type}${rest}`);
  });
  const button = build(
    "button",
    "tool",
    build("span", "tool-name", tool.name),
    build("span", "tool-description", tool.description),
    build("span", "parameters", ...parameters),
  );
  button.type = "button";
  button.onclick = onPick;
  return build("li", "", button);
}

/** What the history shows of a request. */
export function historyWords(exchange: Exchange): readonly Node[] {
  const { tone, words, duration } = summarize(exchange);
  return [
    build("span", `badge ${tone}`, words),
    build("span", "sent-title", exchange.title),
    build("span", "sent-duration", duration),
  ];
}

function formatDuration(durationMs: number): string {
  return durationMs < 1000
    ? `${durationMs.toFixed(durationMs < 10 ? 1 : 0)} ms`
    : `${(durationMs / 1000).toFixed(1)} s`;
}

export function formatCount(count: number): string {
  return count.toLocaleString("en");
}

function minus(code: number): string {
  return String(code).replace("-", "−");
}
