/// <reference lib="dom" />
import { element, say } from "../core/dom.ts";
import type { Kept } from "../core/kept.ts";

const THEMES = ["auto", "light", "dark"] as const;

/** The button that changes the colours: as the system has them, light, or dark. */
export function createTheme(kept: Kept): void {
  const switcher = element("theme", HTMLButtonElement);
  let at = Math.max(0, THEMES.findIndex((theme) => theme === kept.read("theme")));

  function show(): void {
    const theme = THEMES[at] ?? "auto";
    document.documentElement.dataset["theme"] = theme;
    say(element("theme-words", HTMLElement), { auto: "Auto", light: "Light", dark: "Dark" }[theme]);
    dispatchEvent(new Event("themechange"));
  }

  switcher.onclick = () => {
    at = (at + 1) % THEMES.length;
    if (at === 0) kept.remove("theme");
    else kept.write("theme", THEMES[at]);
    show();
  };
  show();
}
