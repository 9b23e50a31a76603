/// <reference lib="dom" />
import type { Exchange } from "./exchange.ts";
import { build, element, historyWords } from "./view.ts";

const ENTRIES_MAX = 20;

/** What was sent in this visit, newest first. */
export function createHistory({ onPick }: { readonly onPick: (exchange: Exchange) => void }) {
  const list = element("history", HTMLOListElement);
  const note = element("history-note", HTMLElement);
  // A button stays the same element for good, so that whoever stands on it is not thrown off.
  const buttons = new Map<Exchange, HTMLButtonElement>();

  return {
    add(exchange: Exchange): void {
      const button = build("button", "sent", ...historyWords(exchange));
      button.type = "button";
      button.onclick = () => onPick(exchange);
      buttons.set(exchange, button);
      list.prepend(build("li", "", button));
      note.hidden = true;
      const [oldest] = buttons.keys();
      if (buttons.size <= ENTRIES_MAX || !oldest) return;
      buttons.delete(oldest);
      list.lastElementChild?.remove();
    },
    refresh: (exchange: Exchange) => buttons.get(exchange)?.replaceChildren(...historyWords(exchange)),
    /** Shows which one is looked at. */
    mark(exchange: Exchange): void {
      buttons.forEach((button) => button.removeAttribute("aria-current"));
      buttons.get(exchange)?.setAttribute("aria-current", "true");
    },
  };
}
