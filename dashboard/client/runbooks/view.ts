/// <reference lib="dom" />
import { build, button, mark, say } from "../core/dom.ts";
import { sentenceOf } from "../core/call.ts";
import { formatCount } from "../core/format.ts";
import { isObject } from "../core/json.ts";
import { codeBox, copyButton, refusalOf } from "../core/parts.ts";
import type { Console, View } from "../shell/console.ts";
import { linkTo, renderMarkdown } from "./markdown.ts";
import { createPlan, objectsOf } from "./plan.ts";

const PAGE = 100;
const QUERY_CHARS_MAX = 256;
const TYPING_MS = 250;

/** Runbooks: found, read, and as the plan of what one would do here and now. */
export function createRunbooks({ callTool, readTools }: Console, section: HTMLElement): View {
  let cursor: string | undefined;
  let asked = 0;
  let read = 0;
  let tools: ReadonlySet<string> = new Set();
  let typing: ReturnType<typeof setTimeout> | undefined;

  const note = mark(build("p", "watch-note"), { role: "status", id: "runbooks-note" });
  const field = mark(build("input", ""), {
    ...{ type: "search", "aria-label": "Words, or a runbook's id", placeholder: "Words, or a runbook's id" },
    ...{ autocomplete: "off", spellcheck: "false", maxlength: String(QUERY_CHARS_MAX) },
  });
  const bar = build("form", "filters", field, mark(build("button", "chip", "Open id"), { type: "submit" }));
  const found = build("ul", "keys");
  const more = button("chip", () => void list(cursor), "More runbooks");
  const book = mark(build("section", "card"), { "aria-label": "Runbook" });
  book.hidden = more.hidden = true;
  const head = build("div", "card-head", build("h2", "", "Runbooks"), bar);
  section.append(mark(build("section", "card", head, note, found, more), { "aria-label": "Runbooks" }), book);
  field.oninput = () => {
    clearTimeout(typing);
    if (tools.has("runbook.list")) typing = setTimeout(() => void list(), TYPING_MS);
  };
  bar.onsubmit = (event) => {
    event.preventDefault();
    if (field.value.trim() !== "") location.hash = addressOf(field.value.trim());
  };

  async function begin(id: string): Promise<void> {
    const mine = ++asked;
    const answer = await readTools();
    if (mine !== asked) return;
    tools = new Set(answer.kind === "answer" ? answer.value.map(({ name }) => name) : []);
    if (id !== "") void show(id);
    if (tools.has("runbook.list")) return void await list();
    say(note, "Type the id of a runbook and open it. They are listed and planned where TOOLSETS has runbook.");
  }

  async function list(from?: string): Promise<void> {
    const mine = ++asked;
    const query = field.value.trim();
    const page = { limit: PAGE, ...(from !== undefined && { cursor: from }) };
    const answer = query === ""
      ? await callTool("runbook.list", page)
      : await callTool("runbook.search", { query, ...page });
    if (mine !== asked || answer.kind === "cancelled") return;
    if (answer.kind === "failure") return say(note, sentenceOf(answer));
    const result = isObject(answer.value) ? answer.value : {};
    const rows = objectsOf(result["runbooks"]).map(rowOf);
    if (from === undefined) found.replaceChildren(...rows);
    else found.append(...rows);
    cursor = typeof result["next"] === "string" ? result["next"] : undefined;
    more.hidden = cursor === undefined;
    const warnings = Array.isArray(result["warnings"]) ? result["warnings"].map(String) : [];
    say(note, [`${formatCount(found.childElementCount)} runbooks`, ...warnings].join(". "));
  }

  async function show(id: string): Promise<void> {
    const mine = ++read;
    const answer = await callTool("runbook.preview", { runbook_id: id });
    if (mine !== read || answer.kind === "cancelled") return;
    book.hidden = false;
    if (answer.kind === "failure") return book.replaceChildren(build("h2", "", id), refusalOf(answer));
    const runbook = isObject(answer.value) ? answer.value : {};
    const title = mark(build("h2", "", String(runbook["title"])), { tabindex: "-1" });
    const severity = build("span", `severity-${runbook["severity"]}`, String(runbook["severity"]));
    const steps = objectsOf(runbook["steps"]);
    const links = objectsOf(runbook["links"]).flatMap(({ url, title }) => linkTo(String(url), String(title)) ?? []);
    book.replaceChildren(
      build("div", "card-head", title, severity),
      ...renderMarkdown(String(runbook["summary"])),
      ...steps.flatMap(stepOf),
      ...links.length > 0 ? [build("ul", "", ...links.map((link) => build("li", "", link)))] : [],
      ...tools.has("runbook.list") ? [createPlan(callTool, id, placeholdersOf(steps), tools.has("runbook.run"))] : [],
    );
    title.focus({ preventScroll: true });
    book.scrollIntoView({ block: "nearest" });
  }

  function stop(): void {
    asked++;
    read++;
    clearTimeout(typing);
  }

  return {
    show: (rest) => void begin(decode(rest)),
    hide: stop,
    leave() {
      stop();
      found.replaceChildren();
      book.replaceChildren();
      book.hidden = true;
      field.value = "";
    },
    focus: () => field.focus(),
  };
}

function rowOf({ id, title, severity, summary }: Readonly<Record<string, unknown>>): HTMLElement {
  const link = mark(build("a", "", String(title)), { href: addressOf(String(id)) });
  return build("li", "", link, build("small", "", ` ${severity} · ${summary}`));
}

/** The text has `[command 1]` where the first of the commands belongs. */
function stepOf({ number, title, text, commands }: Readonly<Record<string, unknown>>): readonly HTMLElement[] {
  const all = Array.isArray(commands) ? commands.map(String) : [];
  const parts = String(text).split(/\[command (\d{1,4})\]/).flatMap((part, index) => {
    if (index % 2 === 0) return renderMarkdown(part);
    const command = all[Number(part) - 1];
    return command === undefined
      ? []
      : [codeBox(command, `Command ${part}`), copyButton(() => command, "Copy command")];
  });
  return [build("h3", "", `${number}. ${title}`), ...parts];
}

/** As the server finds them. */
function placeholdersOf(steps: readonly Readonly<Record<string, unknown>>[]): readonly string[] {
  const texts = steps.flatMap(({ text, commands }) => [String(text), ...Array.isArray(commands) ? commands : []]);
  const names = texts.flatMap((text) =>
    Array.from(String(text).matchAll(/<([A-Za-z][A-Za-z0-9_-]{0,63})>/g), ([, name = ""]) => name)
  );
  return [...new Set(names)].slice(0, 20);
}

function addressOf(id: string): string {
  return `#/runbooks/${encodeURIComponent(id)}`;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}
