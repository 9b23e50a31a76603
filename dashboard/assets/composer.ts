/// <reference lib="dom" />
import type { Example } from "./examples.ts";
import { isObject, parse } from "./exchange.ts";
import { isJson } from "./json_text.ts";
import { build, element, say } from "./view.ts";

/** Nobody is told of an error in the middle of a word. */
const NOTE_DELAY_MS = 500;

/** The text area, what is said of its text, the examples and the Send button. */
export function createComposer({ onSend }: {
  /** @returns why it was not sent, if it was not */
  readonly onSend: (request: string) => string | undefined;
}) {
  const form = element("composer", HTMLFormElement);
  const request = element("request", HTMLTextAreaElement);
  const note = element("request-note", HTMLElement);
  const picker = element("examples", HTMLSelectElement);
  const examples = new Map<string, string>();
  let noteTimer: ReturnType<typeof setTimeout> | undefined;

  function check(noteDelayMs: number): void {
    const problem = problemOf(request.value);
    request.setAttribute("aria-invalid", String(problem !== undefined));
    say(element("send-words", HTMLElement), problem ? "Send anyway" : "Send");
    clearTimeout(noteTimer);
    noteTimer = setTimeout(() => say(note, problem ?? ""), problem ? noteDelayMs : 0);
  }

  function put(text: string): void {
    request.value = text;
    check(0);
  }

  request.oninput = () => {
    picker.value = "";
    check(NOTE_DELAY_MS);
  };
  request.onpaste = ({ clipboardData }) => {
    // A whole request pasted over a whole one takes its place; any other paste goes to the cursor.
    const pasted = parse(clipboardData?.getData("text/plain") ?? "");
    if (isObject(pasted) && "jsonrpc" in pasted && isJson(request.value)) request.select();
  };
  form.onkeydown = (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    form.requestSubmit();
  };
  // The focus stays: with arrow keys each option on the way is a change.
  picker.onchange = () => {
    const text = examples.get(picker.value);
    if (text !== undefined) put(text);
  };
  form.onsubmit = (event) => {
    event.preventDefault();
    if (request.value.trim() === "") {
      say(note, "Paste a request first, or pick an example");
      return request.focus();
    }
    check(0);
    const refusal = onSend(request.value);
    if (!refusal) return;
    clearTimeout(noteTimer);
    say(note, refusal);
  };
  say(element("send-keys", HTMLElement), navigator.platform.startsWith("Mac") ? "⌘ ↵" : "Ctrl ↵");
  check(0);

  return {
    /** Puts a request into the text area, for whoever reads on there. */
    load(text: string): void {
      picker.value = "";
      put(text);
      request.focus();
    },
    /** Fills a group of the pick list. */
    offer(group: string, offered: readonly Example[]): void {
      const options = offered.map(({ title, request }, i) => {
        const option = build("option", "", title);
        option.value = `${group} ${i}`;
        examples.set(option.value, request);
        return option;
      });
      element(group, HTMLOptGroupElement).replaceChildren(...options);
    },
  };
}

function problemOf(text: string): string | undefined {
  if (text.trim() === "") return undefined;
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    return `This is not JSON: ${error instanceof Error ? error.message : error}`;
  }
}
