/// <reference lib="dom" />
import { build, element, mark } from "../core/dom.ts";
import { scopeCalls } from "../core/scoped_calls.ts";
import { createTry } from "../try/view.ts";
import type { Console, View } from "./console.ts";

/** An entry of the menu. Its section of the page has the id `view-<id>`. */
interface Entry {
  readonly id: string;
  readonly title: string;
  /** Makes the view, at its first visit; what it needs beyond the first paint it loads by then. */
  readonly open: (console: Console, section: HTMLElement) => View | Promise<View>;
}

/** The console's views, in the menu's order. */
const ENTRIES: readonly Entry[] = [
  { id: "try", title: "Try", open: createTry },
  {
    id: "watch",
    title: "Watch",
    open: async (console, section) => (await import("../watch/view.ts")).createWatch(console, section),
  },
  {
    id: "audit",
    title: "Audit",
    open: async (console, section) => (await import("../audit/view.ts")).createAudit(console, section),
  },
  {
    id: "cluster",
    title: "Cluster",
    open: async (console, section) => (await import("../cluster/view.ts")).createCluster(console, section),
  },
  {
    id: "runbooks",
    title: "Runbooks",
    open: async (console, section) => (await import("../runbooks/view.ts")).createRunbooks(console, section),
  },
  {
    id: "context",
    title: "Context",
    open: async (console, section) => (await import("../context/view.ts")).createContext(console, section),
  },
  {
    id: "health",
    title: "Health",
    open: async (console, section) => (await import("../health/view.ts")).createHealth(console, section),
  },
];

const [FIRST] = ENTRIES;

/** The views behind the page's menu; which one is looked at stands behind the `#` of the address: `#/watch`. */
export interface Views {
  /** Somebody is signed in, or nobody is asked. */
  enter(principal: string): void;
  /** What is shown is hidden. */
  suspend(): void;
  /** Nothing of whoever was signed in stays. */
  leave(): void;
  focus(): void;
}

export function createViews(console: Console): Views {
  const links = new Map(ENTRIES.map(({ id, title }) => [id, mark(build("a", "", title), { href: `#/${id}` })]));
  element("views", HTMLElement).append(...links.values());
  const opening = new Map<string, View | Promise<View>>();
  const opened = new Map<string, View>();
  /** The calls of each view that was opened. */
  const calls = new Map<string, ReturnType<typeof scopeCalls>>();
  let principal: string | undefined;
  let shown: string | undefined;

  async function show(): Promise<void> {
    // The link that skips the menu leads to a place of the page.
    if (shown !== undefined && /^#[^/]/.test(location.hash)) return;
    const [, name = "", rest = ""] = /^#\/([a-z]+)(?:\/(.*))?$/.exec(location.hash) ?? [];
    const entry = ENTRIES.find(({ id }) => id === name) ?? FIRST;
    if (!entry) return;
    const { id, title, open } = entry;
    if (shown !== id) hide();
    shown = id;
    document.title = `${title} · MCP Server`;
    for (const [other, link] of links) {
      element(`view-${other}`, HTMLElement).hidden = other !== id;
      if (other === id) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    const scope = calls.get(id) ?? scopeCalls(console.callTool);
    calls.set(id, scope);
    const section = element(`view-${id}`, HTMLElement);
    const opens = opening.get(id) ?? open({ ...console, callTool: scope.callTool }, section);
    opening.set(id, opens);
    const view = await opens;
    if (!opened.has(id)) {
      opened.set(id, view);
      if (principal !== undefined) view.enter?.(principal);
    }
    // Somebody else may have been chosen while it was loaded, or nobody may be signed in.
    if (shown === id && principal !== undefined) view.show?.(rest);
  }

  function hide(): void {
    if (shown === undefined) return;
    opened.get(shown)?.hide?.();
    calls.get(shown)?.cancel();
  }

  addEventListener("hashchange", show);
  show();
  return {
    enter(now) {
      principal = now;
      opened.forEach((view) => view.enter?.(now));
      show();
    },
    suspend() {
      principal = undefined;
      hide();
    },
    leave: () => opened.forEach((view) => view.leave?.()),
    focus: () => shown !== undefined && opened.get(shown)?.focus?.(),
  };
}
