import type { z } from "zod";
import { ToolError } from "./error.ts";
import { nearest } from "./nearest.ts";
import type { Tool } from "./tool.ts";

/** One thing wrong with the arguments. */
type Problem = {
  /** `labels[0].name`; empty for the arguments as a whole. */
  readonly path: string;
  readonly expected: string;
  /** What came instead, as JSON, shortened. */
  readonly got: string;
};

const PROBLEMS_MAX = 10;
const GOT_CHARS_MAX = 80;

/**
 * The arguments as the tool's schema reads them, defaults filled in.
 *
 * @throws {ToolError} `invalid_params`, naming each field, what was expected and what came.
 */
export function parseArguments<T extends Tool>(tool: T, args: unknown): z.output<T["input"]> {
  const parsed = tool.input.safeParse(args);
  if (parsed.success) return parsed.data as z.output<T["input"]>; // The schema's own output; generics lose it.
  const problems = parsed.error.issues.flatMap((issue) => problemsOf(issue, args, Object.keys(tool.input.shape)));
  const words = problems.slice(0, PROBLEMS_MAX).map(({ path, expected, got }) =>
    `${path || "arguments"}: ${expected}, but got ${got}`
  );
  throw new ToolError("invalid_params", `Invalid arguments for ${tool.name}: ${words.join("; ")}`, {
    hint: `Correct ${
      problems.map(({ path }) => path || "the arguments").slice(0, PROBLEMS_MAX).join(", ")
    } and call again`,
    data: { problems: problems.slice(0, PROBLEMS_MAX) },
  });
}

function problemsOf(issue: z.core.$ZodIssue, args: unknown, known: readonly string[]): Problem[] {
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => {
      const near = nearest(key, known).map((name) => JSON.stringify(name)).join(" or ");
      return {
        path: printPath([...issue.path, key]),
        expected: near ? `no such parameter, did you mean ${near}?` : "no such parameter",
        got: printValue(valueAt(args, [...issue.path, key])),
      };
    });
  }
  const expected = issue.message.replace(/^Invalid input: /, "").replace(/, received .*$/, "");
  return [{ path: printPath(issue.path), expected, got: printValue(valueAt(args, issue.path)) }];
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (at, key) => typeof at === "object" && at !== null && Object.hasOwn(at, key) ? Reflect.get(at, key) : undefined,
    value,
  );
}

function printPath(path: readonly PropertyKey[]): string {
  return path.map((key) => typeof key === "number" ? `[${key}]` : `.${String(key)}`).join("").replace(/^\./, "");
}

function printValue(value: unknown): string {
  if (value === undefined) return "nothing";
  const text = JSON.stringify(value);
  return text.length <= GOT_CHARS_MAX ? text : `${text.slice(0, GOT_CHARS_MAX).toWellFormed()}…`;
}
