import { type Token, type Tokens, walkTokens } from "marked";
import type { Link, Step } from "./runbook.ts";

const SHELL = /^(|sh|bash|zsh|shell|console|shell-session)$/i;

/**
 * A step out of a heading and what stands under it. Fenced blocks of a shell language, or of none, are commands: one a
 * block, or where lines start with the prompt `$ `, one a prompt, the rest being output.
 */
export function toStep(number: number, title: string, body: readonly Token[]): Step {
  const commands: string[] = [];
  const text = body.map((token) => print(token, commands)).join("").replace(/\n{3,}/g, "\n\n").trim();
  return { number, title, text, commands };
}

/** Every http link of the text, in order. */
export function linksOf(tokens: Token[]): Link[] {
  const links: Link[] = [];
  walkTokens(tokens, (token) => {
    if (isLink(token) && /^https?:\/\//i.test(token.href)) links.push({ title: token.text, url: token.href });
  });
  return links;
}

/** A token's Markdown, with commands moved into the list and a mark left in their place. */
function print(token: Token, commands: string[]): string {
  if (isShell(token)) {
    const found = splitPrompts(token.text);
    const first = commands.push(...found) - found.length + 1;
    return found.map((_, index) => `[command ${first + index}]`).join(" ") + "\n\n";
  }
  if (!holdsShell(token)) return token.raw;
  if (isList(token)) return token.items.map((item, index) => printItem(token, item, index, commands)).join("");
  if (!isQuote(token)) return token.raw;
  const quoted = token.tokens.map((part) => print(part, commands)).join("").trimEnd();
  return `${quoted.replace(/^/gm, "> ").replace(/ +$/gm, "")}\n\n`;
}

function printItem(list: Tokens.List, item: Tokens.ListItem, index: number, commands: string[]): string {
  const marker = list.ordered ? `${(list.start === "" ? 1 : list.start) + index}. ` : "- ";
  const text = item.tokens.map((part) => print(part, commands)).join("").trimEnd();
  return `${marker}${text.replace(/\n(?=.)/g, `\n${" ".repeat(marker.length)}`)}\n`;
}

function splitPrompts(block: string): string[] {
  const prompts = block.match(/^\$ (?:.*\\\n)*.*$/gm);
  const commands = prompts ? prompts.map((line) => line.slice(2)) : [block];
  return commands.map((command) => command.trim()).filter((command) => command !== "");
}

function holdsShell(token: Token): boolean {
  let found = false;
  walkTokens([token], (part) => {
    found ||= isShell(part);
  });
  return found;
}

// marked's Token is open to extensions, so its `type` alone narrows nothing; none is installed here.

function isShell(token: Token): token is Tokens.Code {
  return token.type === "code" && token.codeBlockStyle !== "indented" &&
    SHELL.test(String(token.lang ?? "").trim().split(/\s/)[0] ?? "");
}

function isList(token: Token): token is Tokens.List {
  return token.type === "list";
}

function isQuote(token: Token): token is Tokens.Blockquote {
  return token.type === "blockquote";
}

function isLink(token: Token): token is Tokens.Link {
  return token.type === "link";
}
