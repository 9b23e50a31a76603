/// <reference lib="dom" />
import { build, button, element } from "../core/dom.ts";
import { isObject } from "../core/json.ts";
import type { Kept } from "../core/kept.ts";
import type { Exchange } from "./exchange.ts";
import { summarize } from "./summary.ts";

const ENTRIES_MAX = 50;
/** Characters of a request that is kept over a reload; a longer one is only listed in this visit. */
const KEPT_CHARS_MAX = 4_000;
/** What looks like a credential is kept nowhere. */
const SECRET = /\bmcp_[a-z2-7]{16}_|\bBearer\s+\S|\beyJ[\w-]{10,}\.|-----BEGIN|password|secret|token|api_?key/i;

/** What was sent, newest first, over reloads of the page. */
export function createHistory({ kept, onPick }: {
  readonly kept: Kept;
  readonly onPick: (exchange: Exchange) => void;
}) {
  const list = element("history", HTMLOListElement);
  const note = element("history-note", HTMLElement);
  const clear = element("history-clear", HTMLButtonElement);
  // A button stays the same element for good, so that whoever stands on it is not thrown off.
  const buttons = new Map<Exchange, HTMLButtonElement>();
  let name = "history:default";

  function insert(exchange: Exchange): void {
    buttons.set(exchange, button("sent", () => onPick(exchange), ...wordsOf(exchange)));
    list.prepend(build("li", "", buttons.get(exchange) ?? ""));
    const [oldest] = buttons.keys();
    if (buttons.size > ENTRIES_MAX && oldest) {
      buttons.delete(oldest);
      list.lastElementChild?.remove();
    }
    note.hidden = true;
    clear.hidden = false;
  }

  function keep(): void {
    const entries = [...buttons.keys()].flatMap((exchange) => keptOf(exchange) ?? []);
    if (entries.length > 0) kept.write(name, entries);
    else kept.remove(name);
  }

  clear.onclick = () => {
    buttons.clear();
    list.replaceChildren();
    note.hidden = false;
    clear.hidden = true;
    kept.remove(name);
  };

  return {
    /** Shows what this principal sent before. */
    restore(principal: string): void {
      name = `history:${principal}`;
      const entries = kept.read(name);
      if (buttons.size > 0 || !Array.isArray(entries)) return;
      for (const entry of entries.slice(-ENTRIES_MAX)) if (isKept(entry)) insert(entry);
    },
    /** Keeps nothing of whoever leaves. */
    forget: () => kept.remove(name),
    add(exchange: Exchange): void {
      insert(exchange);
      keep();
    },
    refresh(exchange: Exchange): void {
      buttons.get(exchange)?.replaceChildren(...wordsOf(exchange));
      keep();
    },
    /** Shows which one is looked at. */
    mark(exchange: Exchange): void {
      buttons.forEach((entry) => entry.removeAttribute("aria-current"));
      buttons.get(exchange)?.setAttribute("aria-current", "true");
    },
  };
}

function wordsOf(exchange: Exchange): readonly Node[] {
  const { tone, words, duration } = summarize(exchange);
  return [
    build("span", `badge ${tone}`, words),
    build("span", "sent-title", exchange.title),
    build("span", "sent-duration", duration),
  ];
}

/** An exchange as it is kept, without the reply. */
function keptOf(exchange: Exchange): Exchange | undefined {
  const { title, request, outcome } = exchange;
  if (!request || request.length > KEPT_CHARS_MAX || SECRET.test(request) || outcome.kind === "waiting") {
    return undefined;
  }
  return { title, request, outcome: { kind: "past", ...summarize(exchange) } };
}

function isKept(value: unknown): value is Exchange {
  if (!isObject(value) || !isObject(value["outcome"])) return false;
  const { kind, tone, words, duration } = value["outcome"];
  return typeof value["title"] === "string" && typeof value["request"] === "string" && kind === "past" &&
    (tone === "waiting" || tone === "result" || tone === "error") && typeof words === "string" &&
    typeof duration === "string";
}
