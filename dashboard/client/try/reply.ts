/// <reference lib="dom" />
import { build, element, say } from "../core/dom.ts";
import { formatCount } from "../core/format.ts";
import { isObject, parse } from "../core/json.ts";
import { errorOf, type Exchange } from "./exchange.ts";
import { printReply } from "./raw.ts";
import { summarize } from "./summary.ts";
import { createTable } from "./table_view.ts";
import { findTable } from "./tabular.ts";
import { createTree, parseExactly } from "./tree.ts";

const FORMS = ["tree", "table", "raw"] as const;
type Form = typeof FORMS[number];

/** As the server estimates the tokens of a result: three bytes each. */
const BYTES_PER_TOKEN = 3;

/** Shows what became of a request: how it ended, how long it took, its size, and what came in one of three forms. */
export function createReply() {
  const panel = element("reply-panel", HTMLElement);
  const tabs = FORMS.map((form) => element(`reply-as-${form}`, HTMLButtonElement));
  const copy = element("reply-copy", HTMLButtonElement);
  let text: string | undefined;
  let chosen: Form = "tree";
  let hasTable = false;

  function draw(): void {
    const form = chosen === "table" && !hasTable ? "tree" : chosen;
    tabs.forEach((tab, i) => {
      const isShown = FORMS[i] === form;
      tab.setAttribute("aria-selected", String(isShown));
      tab.tabIndex = isShown ? 0 : -1;
    });
    panel.setAttribute("aria-labelledby", `reply-as-${form}`);
    panel.scrollTop = 0;
    if (text !== undefined) panel.replaceChildren(formOf(form, text));
  }

  function choose(form: Form): void {
    chosen = form;
    draw();
  }

  tabs.forEach((tab, i) => {
    tab.onclick = () => choose(FORMS[i] ?? "tree");
    tab.onkeydown = ({ key }) => {
      const step = key === "ArrowRight" ? 1 : key === "ArrowLeft" ? -1 : 0;
      if (step === 0) return;
      const open = tabs.filter((one) => !one.disabled);
      const next = open[(open.indexOf(tab) + step + open.length) % open.length];
      next?.click();
      next?.focus();
    };
  });
  copy.onclick = async () => {
    if (text === undefined) return;
    try {
      await navigator.clipboard.writeText(text);
      say(copy, "Copied");
    } catch {
      say(copy, "Not copied");
    }
    setTimeout(() => say(copy, "Copy"), 1500);
  };

  return {
    show(exchange: Exchange): void {
      const { outcome } = exchange;
      const { tone, words, duration } = summarize(exchange);
      const reply = outcome.kind === "reply" ? outcome : undefined;
      const status = element("reply-status", HTMLElement);
      const size = reply ? `${formatCount(reply.bytes)} bytes` : "";
      const tokens = reply ? tokensOf(reply.text, reply.bytes) : "";
      say(status, [words, duration, size, tokens].filter((part) => part).join(" · "));
      status.className = `badge ${tone}`;

      const error = reply && errorOf(reply.text);
      const callout = element("reply-error", HTMLElement);
      callout.hidden = !error;
      callout.replaceChildren(...error ? [build("strong", "", error.message), ` ${error.hint ?? ""}`] : []);

      const empty = element("reply-empty", HTMLElement);
      empty.hidden = outcome.kind !== "past";
      if (outcome.kind === "past") say(empty, "This was sent before the page was loaded: its reply is not kept.");
      text = reply?.text;
      const shown = text !== undefined;
      element("reply-forms", HTMLElement).hidden = panel.hidden = !shown;
      panel.replaceChildren();
      if (text === undefined) return;
      hasTable = findTable(parse(text)) !== undefined;
      const table = tabs[FORMS.indexOf("table")];
      if (table) table.disabled = !hasTable;
      draw();
    },
  };
}

function formOf(form: Form, text: string): Node {
  if (form === "table") {
    const table = findTable(parse(text));
    if (table) return createTable(table);
  }
  if (form !== "raw") {
    try {
      return createTree(parseExactly(text));
    } catch { /* It is no JSON, and shown as it came. */ }
  }
  return printReply(text);
}

/** The result alone, as the server counts it and a model is given it. */
function tokensOf(text: string, bytes: number): string {
  const message = parse(text);
  if (!isObject(message) || !Object.hasOwn(message, "result")) return "";
  const around = JSON.stringify({ jsonrpc: "2.0", id: message["id"], result: 0 }).length - 1;
  return `≈ ${formatCount(Math.max(1, Math.ceil((bytes - around) / BYTES_PER_TOKEN)))} tokens`;
}
