/// <reference lib="dom" />
import type { ConsoleTool } from "../../wire.ts";
import { button, element, say } from "../core/dom.ts";
import { isObject, parse } from "../core/json.ts";
import { isJson } from "../core/json_text.ts";
import { problemsOf } from "./arguments.ts";
import { createForm } from "./form.ts";
import { GUIDE_EXAMPLES, readRequest, type ToolRequest } from "./request.ts";
import { type SnippetOptions, toCurl, toPython, toTypeScript } from "./snippets.ts";

/** Nobody is told of an error in the middle of a word. */
const NOTE_DELAY_MS = 500;
const COPIES: Readonly<Record<string, (options: SnippetOptions) => string>> = {
  curl: toCurl,
  Python: toPython,
  TypeScript: toTypeScript,
};
const NO_CALL = "Pick a tool, or paste a request: what calls one tool has its arguments here too.";

/** The request: its text, the form that is in step with it, the examples, the copies and the Send button. */
export function createComposer({ asks, onSend, onTool }: {
  /** Whether the server asks who calls. */
  readonly asks: boolean;
  /** @returns why it was not sent, if it was not */
  readonly onSend: (request: string) => string | undefined;
  /** Told which tool the request calls, if one. */
  readonly onTool: (name: string | undefined) => void;
}) {
  const form = element("composer", HTMLFormElement);
  const request = element("request", HTMLTextAreaElement);
  const note = element("request-note", HTMLElement);
  const fields = createForm({ onArguments: (args) => current && write(current.with(args)) });
  let tools: readonly ConsoleTool[] = [];
  let current: ToolRequest | undefined;
  let noteTimer: ReturnType<typeof setTimeout> | undefined;

  /** The one way by which the text changes the rest. */
  function check(noteDelayMs: number): void {
    const text = request.value;
    current = readRequest(text, tools);
    onTool(current?.tool.name);
    const problems = current ? problemsOf(current.tool, current.args) : new Map<string, string>();
    if (current) fields.show(current.tool, current.args);
    else fields.clear(tools.length === 0 ? "The list of tools comes with the connection." : NO_CALL);
    fields.complain(problems);
    const [first] = problems;
    const problem = syntaxProblem(text) ?? (first && `${first[0]}: ${first[1]}`);
    request.setAttribute("aria-invalid", String(problem !== undefined));
    say(element("send-words", HTMLElement), problem ? "Send anyway" : "Send");
    clearTimeout(noteTimer);
    noteTimer = setTimeout(() => say(note, problem ?? ""), problem ? noteDelayMs : 0);
  }

  function write(text: string): void {
    request.value = text;
    check(NOTE_DELAY_MS);
  }

  request.oninput = () => check(NOTE_DELAY_MS);
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
  form.onsubmit = (event) => {
    event.preventDefault();
    if (request.value.trim() === "") {
      say(note, "Paste a request first, or pick a tool");
      return request.focus();
    }
    check(0);
    const refusal = onSend(request.value);
    if (!refusal) return;
    clearTimeout(noteTimer);
    say(note, refusal);
  };
  element("examples", HTMLElement).append(
    ...GUIDE_EXAMPLES.map(({ title, request }) => button("chip", () => write(request), title)),
  );
  element("copies", HTMLElement).append(
    ...Object.entries(COPIES).map(([name, print]) => button("chip", () => copy(name, print), name)),
  );
  say(element("send-keys", HTMLElement), navigator.platform.startsWith("Mac") ? "⌘ ↵" : "Ctrl ↵");
  check(0);

  async function copy(name: string, print: (options: SnippetOptions) => string): Promise<void> {
    const url = new URL("/mcp", location.href).href;
    clearTimeout(noteTimer);
    try {
      await navigator.clipboard.writeText(print({ request: request.value, url, asks }));
      say(note, `Copied as ${name}`);
    } catch {
      say(note, "This browser does not let the page copy");
    }
  }

  return {
    /** Puts a request into the text area. */
    load(text: string): void {
      request.value = text;
      check(0);
    },
    /** Takes the keyboard to the first thing to fill in. */
    focusFirst(): void {
      if (!fields.focus()) element("send", HTMLElement).focus();
    },
    /** The tools that there are, and so whose forms. */
    know(known: readonly ConsoleTool[]): void {
      tools = known;
      check(0);
    },
  };
}

function syntaxProblem(text: string): string | undefined {
  if (text.trim() === "") return undefined;
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    return `This is not JSON: ${error instanceof Error ? error.message : error}`;
  }
}
