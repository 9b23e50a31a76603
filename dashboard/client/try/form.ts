/// <reference lib="dom" />
import type { ArgumentSchema, ConsoleTool } from "../../wire.ts";
import { build, element, mark, say } from "../core/dom.ts";
import { printField, type Problems, readField } from "./arguments.ts";

type Arguments = Readonly<Record<string, unknown>>;
type Control = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;

/** A parameter's field with what is said of it. */
interface Field {
  readonly schema: ArgumentSchema;
  readonly control: Control;
  readonly problem: HTMLElement;
}

/** Longer text gets a field of several lines. */
const LINE_CHARS_MAX = 300;

/** The fields of a tool's arguments, made from its schema. */
export function createForm({ onArguments }: {
  /** Told of the arguments with each change of a field. */
  readonly onArguments: (args: Arguments) => void;
}) {
  const box = element("fields", HTMLElement);
  const title = element("form-title", HTMLElement);
  const lead = element("form-lead", HTMLElement);
  let shown: ConsoleTool | undefined;
  let fields = new Map<string, Field>();
  /** What the request has beside the fields: it stays. */
  let rest: Arguments = {};

  function read(): Arguments {
    const entries = [...fields].map(([name, { schema, control }]) => [name, readField(schema, control.value)] as const);
    return { ...rest, ...Object.fromEntries(entries.filter(([, value]) => value !== undefined)) };
  }

  function make(tool: ConsoleTool): void {
    fields = new Map();
    box.replaceChildren(
      ...Object.entries(tool.parameters).map(([name, schema]) => {
        const isRequired = tool.required.includes(name);
        const id = `field-${name}`;
        const control = mark(controlOf(schema, isRequired), { id, "aria-describedby": `${id}-note ${id}-problem` });
        if (isRequired) control.setAttribute("aria-required", "true");
        const problem = mark(build("p", "problem"), { id: `${id}-problem` });
        control.oninput = () => onArguments(read());
        fields.set(name, { schema, control, problem });
        const label = mark(build("label", "", build("code", "", name)), { for: id });
        label.append(build("span", "type", `${typeOf(schema)}${isRequired ? ", required" : ""}`));
        const note = mark(build("p", "note", schema.description ?? ""), { id: `${id}-note` });
        return build("div", "field", label, control, problem, note);
      }),
    );
  }

  return {
    /** Shows the fields of a call; what the reader types in stays as it was typed. */
    show(tool: ConsoleTool, args: Arguments): void {
      if (tool !== shown) {
        shown = tool;
        make(tool);
        say(title, tool.name);
        say(lead, tool.description);
      }
      rest = Object.fromEntries(Object.entries(args).filter(([name]) => !fields.has(name)));
      for (const [name, { schema, control }] of fields) {
        const value = Object.hasOwn(args, name) ? args[name] : undefined;
        const isSame = JSON.stringify(readField(schema, control.value)) === JSON.stringify(value);
        if (!isSame) control.value = printField(schema, value);
      }
    },
    /** There is no one call to show. @param words why */
    clear(words: string): void {
      shown = undefined;
      fields = new Map();
      box.replaceChildren();
      say(title, "Arguments");
      say(lead, words);
    },
    /** Says beside each field what is wrong with it. */
    complain(problems: Problems): void {
      for (const [name, { control, problem }] of fields) {
        const words = problems.get(name) ?? "";
        say(problem, words);
        control.setAttribute("aria-invalid", String(words !== ""));
      }
    },
    /** Takes the keyboard to the first field. @returns whether there is one */
    focus(): boolean {
      const [first] = fields.values();
      first?.control.focus();
      return first !== undefined;
    },
  };
}

function controlOf(schema: ArgumentSchema, isRequired: boolean): Control {
  const words = schema.enum ?? (schema.type === "boolean" ? [true, false] : undefined);
  if (words) {
    const preset = schema.default === undefined ? "—" : `${String(schema.default)} (default)`;
    const none = new Option(isRequired ? "Choose…" : preset, "");
    const select = build("select", "", none, ...words.map((word) => new Option(String(word), String(word))));
    return select;
  }
  const isLine = schema.type === "integer" || schema.type === "number" ||
    schema.type === "string" && (schema.pattern !== undefined || (schema.maxLength ?? Infinity) <= LINE_CHARS_MAX);
  const control = isLine ? build("input", "") : mark(build("textarea", ""), { rows: "1" });
  control.autocomplete = "off";
  control.spellcheck = false;
  control.autocapitalize = "off";
  if (schema.type === "integer" || schema.type === "number") control.inputMode = "decimal";
  control.placeholder = schema.default !== undefined
    ? `${JSON.stringify(schema.default)} (default)`
    : schema.type === undefined
    ? "JSON, or text"
    : schema.type === "array" || schema.type === "object"
    ? "JSON"
    : "";
  return control;
}

function typeOf({ type = "any JSON", enum: words, minimum, maximum }: ArgumentSchema): string {
  if (words) return "one of";
  const isBounded = minimum !== undefined && maximum !== undefined && Math.abs(maximum) < Number.MAX_SAFE_INTEGER;
  return isBounded ? `${type} ${minimum}–${maximum}` : type;
}
