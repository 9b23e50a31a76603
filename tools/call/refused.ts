import { hash } from "node:crypto";
import type { Redactor } from "../redact.ts";

/** What any tool takes: longer arguments are refused, and are not worth the time to look through them. */
const CHARS_MAX = 65_536;
/** Of longer arguments those stay that are short, where they are few. */
const MEMBERS_MAX = 64;
const MEMBER_CHARS_MAX = 512;

/**
 * A redactor for the arguments of what is refused: they are shown in the error and then recorded, and are looked through
 * once. Of those that are too long to be looked through it tells how long they are, and their digest.
 */
export function createRefusedRedactor({ redact, redactText }: Redactor): Redactor {
  const kept = new WeakMap<object, unknown>();
  return {
    redactText,
    redact<T>(value: T): T {
      if (typeof value !== "object" || value === null) return redact(withoutLong(value)) as T; // Or what stands for it.
      if (!kept.has(value)) kept.set(value, redact(withoutLong(value)));
      return kept.get(value) as T; // It was put in under this value.
    },
  };
}

/** The arguments, with what stands for those that are too long; they themselves where none is. */
function withoutLong(args: unknown): unknown {
  const whole = JSON.stringify(args) ?? "";
  if (whole.length <= CHARS_MAX) return args;
  const members = typeof args === "object" && args !== null && !Array.isArray(args) ? Object.entries(args) : [];
  const isLooked = members.length > 0 && members.length <= MEMBERS_MAX &&
    members.every(([name]) => name.length <= MEMBER_CHARS_MAX);
  if (!isLooked) return standIn(whole);
  return Object.fromEntries(members.map(([name, member]) => {
    const json = JSON.stringify(member);
    return [name, json.length <= MEMBER_CHARS_MAX ? member : standIn(json)];
  }));
}

function standIn(json: string): string {
  return `[${json.length} characters of JSON, SHA-256 ${hash("sha256", json, "hex")}]`;
}
