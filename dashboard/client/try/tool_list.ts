/// <reference lib="dom" />
import type { ConsoleTool } from "../../wire.ts";
import { build, button, element, say } from "../core/dom.ts";

/** The tools to pick from, with a search over names and descriptions. */
export function createToolList({ onPick }: { readonly onPick: (tool: ConsoleTool) => void }) {
  const list = element("tools", HTMLUListElement);
  const search = element("tools-search", HTMLInputElement);
  const note = element("tools-note", HTMLElement);
  const count = element("tools-count", HTMLElement);
  let tools: readonly ConsoleTool[] = [];
  let buttons: ReadonlyMap<string, HTMLButtonElement> = new Map();

  function filter(): void {
    const words = search.value.toLowerCase().split(/\s+/).filter((word) => word);
    let found = 0;
    for (const tool of tools) {
      const text = `${tool.name} ${tool.summary} ${tool.description}`.toLowerCase();
      const isFound = words.every((word) => text.includes(word));
      const item = buttons.get(tool.name)?.parentElement;
      if (item) item.hidden = !isFound;
      if (isFound) found++;
    }
    note.hidden = found > 0;
    say(note, found > 0 ? "" : "No tool has these words.");
    say(count, found === tools.length ? String(found) : `${found} of ${tools.length}`);
  }

  search.oninput = filter;
  search.onkeydown = (event) => {
    const first = tools.find(({ name }) => !buttons.get(name)?.parentElement?.hidden);
    if (event.key !== "Enter" || !first) return;
    event.preventDefault();
    onPick(first);
  };

  return {
    show(now: readonly ConsoleTool[]): void {
      // The same list after a reconnection: left as it is, and whoever is in it stays there.
      if (JSON.stringify(now) === JSON.stringify(tools)) return;
      tools = now;
      buttons = new Map(tools.map((tool) => [
        tool.name,
        button(
          "tool",
          () => onPick(tool),
          build("span", "tool-name", tool.name),
          build("span", "tool-effect", tool.effect === "read" ? "" : "writes"),
          build("span", "tool-description", tool.summary),
        ),
      ]));
      list.replaceChildren(...[...buttons.values()].map((entry) => build("li", "", entry)));
      filter();
    },
    fail(words: string): void {
      if (tools.length > 0) return;
      note.hidden = false;
      say(note, words);
    },
    mark(name: string | undefined): void {
      buttons.forEach((entry) => entry.removeAttribute("aria-current"));
      if (name !== undefined) buttons.get(name)?.setAttribute("aria-current", "true");
    },
  };
}
