/// <reference lib="dom" />
import { type CallAnswer, sentenceOf } from "../core/call.ts";
import { build, button, mark, say } from "../core/dom.ts";
import { formatCount, formatMoment } from "../core/format.ts";
import { isObject } from "../core/json.ts";
import { codeBox, copyButton, refusalOf } from "../core/parts.ts";
import type { Console, View } from "../shell/console.ts";
import { createTree } from "../try/tree.ts";

const PAGE = 100;
/** As the tool takes it. */
const PREFIX_CHARS_MAX = 256;
const TYPING_MS = 250;

/** What is known of a value: a member of `ctx.list`, or `ctx.get` with `metadata`. */
type Facts = Readonly<Record<string, unknown>>;

/** The context that agents share: the keys, and one value with its life counting down. */
export function createContext({ callTool, readTools }: Console, section: HTMLElement): View {
  let cursor: string | undefined;
  let shown = 0;
  /** Which question an answer belongs to: one that comes late shows nothing. */
  let asked = 0;
  let read = 0;
  let typing: ReturnType<typeof setTimeout> | undefined;
  let ticking: ReturnType<typeof setInterval> | undefined;
  let isListed = false;

  const note = mark(build("p", "watch-note"), { role: "status", id: "context-note" });
  const field = mark(build("input", ""), {
    ...{ type: "search", "aria-label": "Key, or what keys begin with", placeholder: "Key, or what keys begin with" },
    ...{ autocomplete: "off", spellcheck: "false", maxlength: String(PREFIX_CHARS_MAX) },
  });
  const bar = build("form", "filters", field, mark(build("button", "chip", "Read key"), { type: "submit" }));
  const keys = build("ul", "keys");
  const more = button("chip", () => void list(cursor), "More keys");
  const value = mark(build("section", "card"), { "aria-label": "Value" });
  value.hidden = more.hidden = true;
  const head = build("div", "card-head", build("h2", "", "Context"), bar);
  section.append(mark(build("section", "card", head, note, keys, more), { "aria-label": "Keys" }), value);
  field.oninput = () => {
    clearTimeout(typing);
    if (isListed) typing = setTimeout(() => void list(), TYPING_MS);
  };
  bar.onsubmit = (event) => {
    event.preventDefault();
    if (field.value !== "") location.hash = addressOf(field.value);
  };

  async function begin(): Promise<void> {
    const mine = ++asked;
    const tools = await readTools();
    if (mine !== asked) return;
    isListed = tools.kind === "answer" && tools.value.some(({ name }) => name === "ctx.list");
    if (isListed) return void await list();
    keys.replaceChildren();
    more.hidden = true;
    say(note, "Type a key and read it. The keys are listed where TOOLSETS has ctx and you may call ctx.list.");
  }

  async function list(from?: string): Promise<void> {
    const mine = ++asked;
    const args = { prefix: field.value, limit: PAGE, ...(from !== undefined && { cursor: from }) };
    const answer = await callTool("ctx.list", args);
    if (mine !== asked || answer.kind === "cancelled") return;
    if (answer.kind === "failure") return say(note, sentenceOf(answer));
    const page = isObject(answer.value) ? answer.value : {};
    const entries = Array.isArray(page["entries"]) ? page["entries"].filter(isObject) : [];
    const rows = entries.map(rowOf);
    if (from === undefined) keys.replaceChildren(...rows);
    else keys.append(...rows);
    shown = (from === undefined ? 0 : shown) + rows.length;
    cursor = typeof page["next"] === "string" ? page["next"] : undefined;
    more.hidden = cursor === undefined;
    const warnings = Array.isArray(page["warnings"]) ? page["warnings"].map(String) : [];
    const total = typeof page["total"] === "number" ? page["total"] : shown;
    say(note, [shown === 0 ? "No key" : `${formatCount(shown)} of ${formatCount(total)} keys`, ...warnings].join(". "));
  }

  async function show(key: string): Promise<void> {
    const mine = ++read;
    clearInterval(ticking);
    const isWhole = isListed || await knowsMetadata();
    const answer = await callTool("ctx.get", isWhole ? { key, metadata: true } : { key });
    if (mine !== read || answer.kind === "cancelled") return;
    const title = mark(build("h2", "", key), { tabindex: "-1" });
    const again = button("chip push", () => void show(key), "Read again");
    value.replaceChildren(build("div", "card-head", title, again), ...partsOf(answer));
    value.hidden = false;
    title.focus({ preventScroll: true });
    value.scrollIntoView({ block: "nearest" });
  }

  async function knowsMetadata(): Promise<boolean> {
    const tools = await readTools();
    if (tools.kind !== "answer") return false;
    const schema: unknown = tools.value.find(({ name }) => name === "ctx.get");
    return JSON.stringify(schema)?.includes('"metadata"') ?? false;
  }

  function partsOf(answer: Exclude<CallAnswer, { kind: "cancelled" }>): readonly HTMLElement[] {
    if (answer.kind === "failure") return [refusalOf(answer)];
    const facts = isObject(answer.value) ? answer.value : {};
    const stored = facts["value"];
    if (stored === null && facts["version"] === undefined) {
      return [mark(build("p", "empty", "Nothing is stored under this key, or null is."), { role: "status" })];
    }
    const text = JSON.stringify(stored, null, 2);
    const raw = build("details", "", build("summary", "", "Raw"), codeBox(text, "Raw value"));
    const life = build("span", "");
    countDown(life, facts["ttl_seconds"]);
    const size = new TextEncoder().encode(JSON.stringify(stored)).length;
    const told = build(
      "p",
      "key-facts",
      `${formatCount(size)} bytes`,
      ...factsOf(facts).map((one) => ` · ${one}`),
      life,
    );
    return [told, createTree(stored), raw, copyButton(() => text, "Copy value")];
  }

  /** Counts from when the answer came: the browser's clock may be wrong, and is not asked. */
  function countDown(where: HTMLElement, seconds: unknown): void {
    clearInterval(ticking);
    if (typeof seconds !== "number") return say(where, seconds === null ? " · does not end" : "");
    const endsAtMs = performance.now() + seconds * 1000;
    const count = () => {
      const left = Math.ceil((endsAtMs - performance.now()) / 1000);
      say(where, left > 0 ? ` · gone in ${printLife(left)}` : " · its time is over");
      if (left <= 0) clearInterval(ticking);
    };
    ticking = setInterval(count, 1000);
    count();
  }

  function stop(): void {
    asked++;
    read++;
    clearTimeout(typing);
    clearInterval(ticking);
  }

  return {
    show(rest) {
      void begin();
      const key = decode(rest);
      if (key !== "") {
        field.value ||= key;
        void show(key);
      }
    },
    hide: stop,
    leave() {
      stop();
      keys.replaceChildren();
      value.replaceChildren();
      value.hidden = true;
      field.value = "";
    },
    focus: () => field.focus(),
  };
}

function rowOf(entry: Facts): HTMLElement {
  const key = String(entry["key"]);
  const link = mark(build("a", "", key), { href: addressOf(key) });
  return build("li", "", link, build("small", "", ` ${factsOf(entry).join(" · ")}`));
}

function factsOf({ version, writer, written_at: at }: Facts): readonly string[] {
  return [
    ...version === undefined ? [] : [`version ${version}`],
    ...typeof writer === "string" ? [`by ${writer}`] : [],
    ...typeof at === "string" ? [formatMoment(Date.parse(at))] : [],
  ];
}

/** `1 h 02 min`, `3 min 04 s`, `9 s`. */
function printLife(seconds: number): string {
  const two = (part: number) => String(part).padStart(2, "0");
  if (seconds >= 3600) return `${Math.floor(seconds / 3600)} h ${two(Math.floor(seconds / 60) % 60)} min`;
  return seconds >= 60 ? `${Math.floor(seconds / 60)} min ${two(seconds % 60)} s` : `${seconds} s`;
}

function addressOf(key: string): string {
  return `#/context/${encodeURIComponent(key)}`;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}
