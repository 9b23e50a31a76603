import type { z } from "zod";
import { nearest } from "../nearest.ts";
import { POLICY_MEMBERS } from "./schema.ts";

const PROBLEMS_MAX = 20;
const SHOWN_CHARS_MAX = 80;
const PLAIN_NAME = /^[A-Za-z_$][\w$-]*$/;

/** A policy cannot be used: each line of the message names a place in it, what was expected there and what came. */
export class PolicyError extends Error {
  override readonly name = "PolicyError";

  constructor(problems: readonly string[], options?: ErrorOptions) {
    const shown = problems.slice(0, PROBLEMS_MAX);
    const more = problems.length > shown.length ? [`and ${problems.length - shown.length} more`] : [];
    super([...shown, ...more].join("\n"), options);
  }
}

/** `roles.viewer.tools[0]`, `principals["a b"]`. */
export function printPath(path: readonly PropertyKey[]): string {
  return path.map((key) => {
    if (typeof key === "number") return `[${key}]`;
    const name = String(key);
    return PLAIN_NAME.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`;
  }).join("").replace(/^\./, "");
}

/** One problem: `roles.viewer.tools[0]: expected …, but got 5`. */
export function printProblem(path: readonly PropertyKey[], expected: string, got: unknown): string {
  const text = got === undefined ? "nothing" : JSON.stringify(got);
  const shown = text.length <= SHOWN_CHARS_MAX ? text : `${text.slice(0, SHOWN_CHARS_MAX).toWellFormed()}…`;
  return `${printPath(path) || "policy"}: ${expected}, but got ${shown}`;
}

/** What zod found, in words. */
export function printIssue(issue: z.core.$ZodIssue, document: unknown): readonly string[] {
  const { path } = issue;
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((key) => {
        const near = nearest(key, knownAt(path)).map((name) => JSON.stringify(name)).join(" or ");
        const guess = near && ` (did you mean ${near}?)`;
        return printProblem([...path, key], `expected no such member${guess}`, valueAt(document, [...path, key]));
      });
    case "invalid_key":
      return [printProblem(path, issue.issues[0]?.message ?? issue.message, path.at(-1))];
    case "invalid_union": {
      // Of the form that was meant, what is wrong in it; else all forms.
      const meant = issue.errors.find(([first]) => first && (first.code !== "invalid_type" || first.path.length > 0));
      if (meant) {
        return meant.flatMap((inner) => printIssue({ ...inner, path: [...path, ...inner.path] }, document));
      }
      const forms = issue.errors.flatMap(([first]) => first ? [expectedBy(first).replace("expected ", "")] : []);
      return [printProblem(path, `expected ${forms.join(" or ")}`, valueAt(document, path))];
    }
    default:
      return [printProblem(path, expectedBy(issue), valueAt(document, path))];
  }
}

/** JSON's types by zod's words for them. */
const TYPES: Readonly<Record<string, string>> = {
  array: "a list",
  boolean: "true or false",
  int: "a whole number",
  null: "null",
  number: "a number",
  object: "an object",
  record: "an object",
  string: "text",
};

const UNITS: Readonly<Record<string, string>> = { string: " characters", array: " entries" };

function expectedBy(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return `expected ${TYPES[issue.expected] ?? issue.expected}`;
    case "invalid_value":
      return `expected one of ${issue.values.map((value) => JSON.stringify(value)).join(", ")}`;
    case "too_small":
    case "too_big": {
      const bound = issue.code === "too_small" ? ["least", issue.minimum] : ["most", issue.maximum];
      const unit = UNITS[issue.origin] ?? "";
      return issue.message.startsWith("expected") ? issue.message : `expected at ${bound.join(" ")}${unit}`;
    }
    default:
      return issue.message;
  }
}

/** Names of members that may stand there, to guess which one was meant. */
function knownAt([first, , third]: readonly PropertyKey[]): readonly string[] {
  if (first === undefined) return POLICY_MEMBERS.policy;
  if (first === "deny") return POLICY_MEMBERS.deny;
  return third === "arguments" ? POLICY_MEMBERS.constraint : POLICY_MEMBERS.role;
}

/** What stands at a place of a document. */
export function valueAt(document: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (at, key) => typeof at === "object" && at !== null && Object.hasOwn(at, key) ? Reflect.get(at, key) : undefined,
    document,
  );
}
