/// <reference lib="dom" />
import { type CallFailure, sentenceOf } from "./call.ts";
import { build, button, mark, say } from "./dom.ts";

/** A button that copies a text to the clipboard, and says so. */
export function copyButton(textOf: () => string, words = "Copy"): HTMLButtonElement {
  const made = button("chip", () => void copy(), words);
  return made;

  async function copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(textOf());
      say(made, "Copied");
    } catch {
      say(made, "Not copied");
    }
  }
}

/** Why there is nothing to see; that a tool is not turned on is no error. */
export function refusalOf(failure: CallFailure): HTMLElement {
  const made = build("p", failure.reason === "off" ? "empty" : "refusal", sentenceOf(failure));
  return mark(made, { role: "status" });
}

/** A text as it is, in a box that scrolls, for the keyboard too. */
export function codeBox(text: string, label: string): HTMLElement {
  return mark(build("pre", "box", text), { tabindex: "0", role: "region", "aria-label": label });
}
