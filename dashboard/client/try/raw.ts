/// <reference lib="dom" />
import { build, button, mark } from "../core/dom.ts";
import { formatCount } from "../core/format.ts";
import { layOutJson } from "../core/json_text.ts";

/** Longer replies are shown without colour, still longer ones as they came, and a part at a time. */
const COLOURED_CHARS_MAX = 100_000;
const LAID_OUT_CHARS_MAX = 500_000;
const PART_CHARS = 200_000;

/** The text of a reply, printed and coloured as far as it is not too long. */
export function printReply(text: string): HTMLElement {
  const tokens = text.length <= LAID_OUT_CHARS_MAX ? layOutJson(text) : undefined;
  const printed = mark(build("pre", ""), { id: "reply" });
  if (tokens && text.length <= COLOURED_CHARS_MAX) {
    printed.append(...tokens.map(({ kind, text }) => kind === "space" ? text : build("span", kind, text)));
    return printed;
  }
  const whole = tokens?.map((token) => token.text).join("") ?? text;
  let shown = 0;
  const fill = () => {
    printed.append(whole.slice(shown, shown + PART_CHARS));
    shown += PART_CHARS;
  };
  fill();
  const box = build("div", "", printed);
  if (shown < whole.length) {
    const words = () => `Show more: ${formatCount(whole.length - shown)} characters are left`;
    const more = button("more", () => {
      fill();
      if (shown >= whole.length) more.remove();
      else more.textContent = words();
    }, words());
    box.append(more);
  }
  return box;
}
