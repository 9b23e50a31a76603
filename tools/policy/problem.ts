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
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => {
      const path = [...issue.path, key];
      const near = nearest(key, knownAt(issue.path)).map((name) => JSON.stringify(name)).join(" or ");
      return printProblem(path, `expected no such member${near && `: did you mean ${near}?`}`, valueAt(document, path));
    });
  }
  return [printProblem(issue.path, expectedBy(issue), valueAt(document, issue.path))];
}

function expectedBy(issue: z.core.$ZodIssue): string {
  if (issue.code === "invalid_union" && issue.errors.length > 0) {
    const words = issue.errors.flatMap(([first]) => first ? [expectedBy(first).replace(/^expected /, "")] : []);
    return `expected ${[...new Set(words)].join(" or ")}`;
  }
  if (issue.code === "invalid_key") return expectedBy(issue.issues[0] ?? { ...issue, code: "custom" });
  const words = issue.message.replace(/^(?:Invalid input|Invalid option): /, "").replace(/, received .*$/, "");
  return words.startsWith("expected") ? words : `expected other: ${words}`;
}

/** Names of members that may stand there, to guess which one was meant. */
function knownAt([first, , third]: readonly PropertyKey[]): readonly string[] {
  if (first === undefined) return POLICY_MEMBERS.policy;
  if (first === "deny") return POLICY_MEMBERS.deny;
  return third === "arguments" ? POLICY_MEMBERS.constraint : POLICY_MEMBERS.role;
}

function valueAt(document: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (at, key) => typeof at === "object" && at !== null && Object.hasOwn(at, key) ? Reflect.get(at, key) : undefined,
    document,
  );
}
