/// <reference lib="dom" />
import type { ConsoleTool } from "../../wire.ts";
import { type CallTool, sentenceOf } from "../core/call.ts";
import { build, button, mark, say } from "../core/dom.ts";
import { formatCount } from "../core/format.ts";
import { isObject } from "../core/json.ts";
import { type Place, placeOf } from "./pod_source.ts";

const TOOL = "logs.search";
const TAILS = [100, 300, 1000];
/** Text that is typed is asked for after a pause. */
const TYPING_MS = 400;

/** The newest lines of a pod's logs that have a text. They are shown as data, whatever is in them. */
export function createLogs(callTool: CallTool) {
  let pod: { readonly name: string; readonly place: Place; readonly tool: ConsoleTool | undefined } | undefined;
  let asked = new AbortController();
  let typing: ReturnType<typeof setTimeout> | undefined;

  const query = mark(build("input", ""), {
    ...{ type: "search", "aria-label": "Text or /expression/ in the logs", placeholder: "Text or /expression/" },
    ...{ autocomplete: "off", spellcheck: "false", maxlength: "500" },
  });
  const tail = mark(build("select", "", ...TAILS.map((count) => new Option(`Last ${count} lines`, String(count)))), {
    "aria-label": "Lines at most",
  });
  const container = mark(build("select", ""), { "aria-label": "Container" });
  const previous = mark(
    button("chip", () => {
      previous.setAttribute("aria-pressed", String(previous.getAttribute("aria-pressed") !== "true"));
      read();
    }, "Run before"),
    { "aria-pressed": "false" },
  );
  const again = button("chip", () => read(), "Read again");
  const note = mark(build("p", "quiet"), { role: "status", id: "logs-note" });
  const lines = mark(build("ol", "log-lines"), { tabindex: "0", "aria-label": "Log lines" });
  const controls = build("div", "log-controls", query, container, tail, previous, again);
  const element = build("div", "logs", build("h3", "", "Logs"), controls, note, lines);

  tail.onchange = container.onchange = () => read();
  query.oninput = () => {
    clearTimeout(typing);
    typing = setTimeout(read, TYPING_MS);
  };

  async function read(): Promise<void> {
    clearTimeout(typing);
    asked.abort();
    const mine = asked = new AbortController();
    if (!pod) return;
    const { name, place, tool } = pod;
    say(note, "Reading…");
    const answer = await callTool(TOOL, {
      ...placeOf(place, tool),
      pod: name,
      limit: Number(tail.value),
      ...(query.value !== "" && { query: query.value }),
      ...(container.value !== "" && { container: container.value }),
      ...(previous.getAttribute("aria-pressed") === "true" && { previous: true }),
    }, { signal: mine.signal });
    if (mine.signal.aborted || answer.kind === "cancelled") return;
    if (answer.kind === "failure") {
      lines.replaceChildren();
      return say(note, sentenceOf(answer));
    }
    show(isObject(answer.value) ? answer.value : {});
  }

  function show({ logs, matched, warnings }: Readonly<Record<string, unknown>>): void {
    const entries = Array.isArray(logs) ? logs.filter(isObject) : [];
    const several = new Set(entries.map((entry) => entry["container"])).size > 1;
    lines.replaceChildren(...entries.map(({ timestamp, container, message }) =>
      build(
        "li",
        "",
        mark(build("time", "", clockOf(String(timestamp))), { title: String(timestamp) }),
        ...several ? [build("span", "log-container", String(container))] : [],
        build("span", "log-message", String(message)),
      )
    ));
    lines.scrollTop = lines.scrollHeight;
    const count = formatCount(entries.length);
    const said = Array.isArray(warnings) ? warnings.map(String) : [];
    const counted = entries.length === 0 ? "No line fits" : `${count} of ${formatCount(Number(matched))} lines`;
    say(note, [counted, ...said].join(" · "));
  }

  return {
    element,
    /** Reads the logs of a pod. */
    show(name: string, place: Place, tools: readonly ConsoleTool[]): void {
      pod = { name, place, tool: tools.find((tool) => tool.name === TOOL) };
      query.value = "";
      previous.setAttribute("aria-pressed", "false");
      container.replaceChildren(new Option("All containers", ""));
      container.hidden = true;
      lines.replaceChildren();
      void read();
    },
    /** The pod's containers, once they are known. */
    offer(names: readonly string[]): void {
      container.append(...names.map((name) => new Option(name, name)));
      container.hidden = names.length < 2;
    },
    stop(): void {
      pod = undefined;
      void read();
    },
  };
}

/** `14:03:07.512` of a time as the logs have it, in UTC as there. */
function clockOf(timestamp: string): string {
  return /T([\d:]{8}(?:\.\d{1,3})?)/.exec(timestamp)?.[1] ?? timestamp;
}
