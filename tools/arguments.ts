import type { z } from "zod";
import { ToolError } from "./error.ts";
import { nearest } from "./nearest.ts";
import { builtInRedactor, type Redactor } from "./redact.ts";
import { REDACTED } from "./redaction/pattern.ts";
import type { Tool } from "./tool.ts";

/** One thing wrong with the arguments. */
type Problem = {
  /** `labels[0].name`, `labels["a b"]`; empty for the arguments as a whole. */
  readonly path: string;
  readonly expected: string;
  /** What came instead, as JSON, shortened. */
  readonly got: string;
};

const PROBLEMS_MAX = 10;
/** Of any name or value that the caller sent. */
const SHOWN_CHARS_MAX = 80;
const PLAIN_NAME = /^[\w-]{1,64}$/;

/**
 * The arguments as the tool's schema reads them, defaults filled in.
 *
 * @throws {ToolError} `invalid_params`, naming each field, what was expected and what came.
 */
export function parseArguments<T extends Tool>(
  tool: T,
  args: unknown,
  redactor: Redactor = builtInRedactor,
): z.output<T["input"]> {
  const parsed = readBy(tool, args, redactor);
  if (parsed.success) return parsed.data as z.output<T["input"]>; // The schema's own output; generics lose it.
  const { issues } = parsed.error;
  const known = Object.keys(tool.input.shape);
  // Cut before each is looked at closely: a peer may send a hundred thousand names that there are not.
  const shown = createShown(args, redactor);
  const found = issues.slice(0, PROBLEMS_MAX).flatMap((issue) => problemsOf(issue, known, shown));
  const problems = found.slice(0, PROBLEMS_MAX);
  const more = issues.reduce((sum, issue) => sum + countOf(issue), 0) - problems.length;
  const words = problems.map(({ path, expected, got }) => `${path || "arguments"}: ${expected}, but got ${got}`);
  if (more > 0) words.push(`and ${more} more`);
  const fields = new Set(problems.map(({ path }) => path || "the arguments"));
  throw new ToolError("invalid_params", `Invalid arguments for ${tool.name}: ${words.join("; ")}`, {
    hint: `Correct ${[...fields].join(", ")} and call again`,
    data: { problems },
  });
}

/** What the arguments are read as, or why they cannot be. */
export type ReadArguments =
  | { readonly args: Readonly<Record<string, unknown>>; readonly refusal?: undefined }
  | { readonly args?: undefined; readonly refusal: ToolError };

/** `parseArguments` for a caller that first asks whether the call is allowed at all. */
export function readArguments(tool: Tool, given: unknown, redactor: Redactor): ReadArguments {
  try {
    return { args: parseArguments(tool, given, redactor) };
  } catch (error) {
    if (error instanceof ToolError) return { refusal: error };
    throw error;
  }
}

/**
 * Zod compares the `length` of whatever has one with the bounds of a text, an object's too; and there are objects that
 * cannot be compared: `{"length": {"toString": 1}}`.
 */
function readBy(tool: Tool, args: unknown, redactor: Redactor) {
  try {
    return tool.input.safeParse(args);
  } catch (error) {
    if (!(error instanceof TypeError && error.message === "Cannot convert object to primitive value")) throw error;
    const got = createShown(args, redactor).at([]);
    const problem: Problem = { path: "", expected: 'no object with a "length" of its own', got };
    throw new ToolError("invalid_params", `Invalid arguments for ${tool.name}: expected ${problem.expected}`, {
      hint: "Correct the arguments and call again",
      data: { problems: [problem] },
      cause: error,
    });
  }
}

function countOf(issue: z.core.$ZodIssue): number {
  return issue.code === "unrecognized_keys" ? issue.keys.length : 1;
}

function problemsOf(issue: z.core.$ZodIssue, known: readonly string[], shown: Shown): Problem[] {
  if (issue.code !== "unrecognized_keys") {
    return [{ path: shown.path(issue.path), expected: expectedBy(issue), got: shown.at(issue.path) }];
  }
  return issue.keys.slice(0, PROBLEMS_MAX).map((key) => {
    const path = [...issue.path, key];
    // What is known are the tool's own parameters, not the members of one.
    const near = issue.path.length === 0 ? nearest(key, known).map((name) => JSON.stringify(name)).join(" or ") : "";
    const expected = near ? `no such parameter, did you mean ${near}?` : "no such parameter";
    return { path: shown.path(path), expected, got: shown.at(path) };
  });
}

function expectedBy(issue: z.core.$ZodIssue): string {
  if (issue.code === "invalid_union" && issue.errors.length > 0) {
    return issue.errors.flatMap(([first]) => first ? [expectedBy(first)] : []).join(" or ");
  }
  return issue.message.replace(/^Invalid input: /, "").replace(/, received .*$/, "");
}

/** What may be shown of arguments: redacted before it is cut, for half a secret has no looks. */
interface Shown {
  path(path: readonly PropertyKey[]): string;
  at(path: readonly PropertyKey[]): string;
}

function createShown(args: unknown, { redact, redactText }: Redactor): Shown {
  const safe = redact(args);
  return {
    path: (path) =>
      path.map((key) => {
        if (typeof key === "number") return `[${key}]`;
        const name = redactText(String(key));
        return PLAIN_NAME.test(name) ? `.${name}` : `[${cut(JSON.stringify(name))}]`;
      }).join("").replace(/^\./, ""),
    at(path) {
      if (valueAt(args, path) === undefined) return "nothing";
      // Redaction keeps the shape, but for names that hold secrets.
      const value = valueAt(safe, path) ?? (valueAt(args, path) === null ? null : REDACTED);
      // The JSON text 1e400 is Infinity, which would print as null.
      return cut(typeof value === "number" ? String(value) : JSON.stringify(value));
    },
  };
}

function valueAt(args: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (at, key) => typeof at === "object" && at !== null && Object.hasOwn(at, key) ? Reflect.get(at, key) : undefined,
    args,
  );
}

function cut(text: string): string {
  return text.length <= SHOWN_CHARS_MAX ? text : `${text.slice(0, SHOWN_CHARS_MAX).toWellFormed()}…`;
}
