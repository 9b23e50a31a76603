import type { ArgumentSchema, ConsoleTool } from "../../wire.ts";
import { parse } from "../core/json.ts";

/** What is wrong with the arguments of a call, by parameter, in the words that stand beside its field. */
export type Problems = ReadonlyMap<string, string>;

/**
 * Looks at arguments as the server will, as far as a schema says: so that most of what it would refuse is seen before it
 * is sent. The server has the last word.
 */
export function problemsOf(tool: ConsoleTool, args: Readonly<Record<string, unknown>>): Problems {
  const problems = new Map<string, string>();
  for (const name of Object.keys(args)) {
    if (!Object.hasOwn(tool.parameters, name)) problems.set(name, "No such parameter");
  }
  for (const [name, schema] of Object.entries(tool.parameters)) {
    const value = Object.hasOwn(args, name) ? args[name] : undefined;
    if (value === undefined) {
      if (tool.required.includes(name)) problems.set(name, "Required");
      continue;
    }
    const problem = problemOf(schema, value);
    if (problem !== undefined) problems.set(name, problem);
  }
  return problems;
}

function problemOf(schema: ArgumentSchema, value: unknown): string | undefined {
  if (schema.enum && !schema.enum.includes(value)) {
    return `Expected one of ${schema.enum.map((word) => JSON.stringify(word)).join(", ")}`;
  }
  switch (schema.type) {
    case "string":
      return typeof value === "string" ? textProblem(schema, value) : `Expected text, got ${kindOf(value)}`;
    case "integer":
      return typeof value === "number" && Number.isInteger(value)
        ? numberProblem(schema, value)
        : `Expected a whole number, got ${kindOf(value)}`;
    case "number":
      return typeof value === "number" ? numberProblem(schema, value) : `Expected a number, got ${kindOf(value)}`;
    case "boolean":
      return typeof value === "boolean" ? undefined : `Expected true or false, got ${kindOf(value)}`;
    case "array":
      return Array.isArray(value) ? listProblem(schema, value) : `Expected a list, got ${kindOf(value)}`;
    case "object":
      return kindOf(value) === "an object" ? undefined : `Expected an object, got ${kindOf(value)}`;
    default:
      return undefined;
  }
}

function textProblem({ minLength = 0, maxLength = Infinity, pattern }: ArgumentSchema, text: string) {
  if (text.length < minLength) return `Expected at least ${minLength} characters`;
  if (text.length > maxLength) return `Expected at most ${maxLength} characters, got ${text.length}`;
  return pattern === undefined || fits(pattern, text) ? undefined : `Expected text of the form ${pattern}`;
}

/** A pattern that this browser does not read is left to the server. */
function fits(pattern: string, text: string): boolean {
  try {
    return new RegExp(pattern, "u").test(text);
  } catch {
    return true;
  }
}

function numberProblem({ minimum = -Infinity, maximum = Infinity }: ArgumentSchema, value: number) {
  if (value < minimum) return `Expected at least ${minimum}`;
  return value > maximum ? `Expected at most ${maximum}` : undefined;
}

function listProblem({ minItems = 0, maxItems = Infinity }: ArgumentSchema, value: readonly unknown[]) {
  if (value.length < minItems) return `Expected at least ${minItems} items`;
  return value.length > maxItems ? `Expected at most ${maxItems} items` : undefined;
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "an object";
  return JSON.stringify(value) ?? "nothing";
}

/**
 * What a field's text stands for; `undefined` for an empty one, which leaves the argument out. Text that does not fit
 * becomes text, for the check to say so: what is in the field is what is sent.
 */
export function readField(schema: ArgumentSchema, text: string): unknown {
  if (text === "") return undefined;
  if (schema.type === "string") return text;
  if (schema.enum) return schema.enum.find((word) => String(word) === text) ?? text;
  const value = parse(text);
  return value === undefined ? text : value;
}

/** The text of a field that `readField` reads as the value. */
export function printField(schema: ArgumentSchema, value: unknown): string {
  if (value === undefined) return "";
  if (schema.enum?.includes(value)) return String(value);
  if (typeof value !== "string") return JSON.stringify(value, null, isLarge(value) ? 2 : undefined);
  // Text that would be read as JSON needs its quotes.
  return schema.type === "string" || value !== "" && parse(value) === undefined ? value : JSON.stringify(value);
}

function isLarge(value: unknown): boolean {
  return typeof value === "object" && JSON.stringify(value).length > 60;
}
