import { createHash } from "node:crypto";

const DIGEST_CHARS = 32;

/**
 * A digest of a JSON value, the same whatever the order of its objects' members: 32 hex digits of SHA-256. What shows it
 * and what is given it later agree on the value without either keeping it.
 */
export function digestOf(value: unknown): string {
  return createHash("sha256").update(canonical(value)).digest("hex").slice(0, DIGEST_CHARS);
}

/** JSON with the members of each object in the order of their names. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, member) => isObject(member) ? sorted(member) : member);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Names that are numbers come first in any object, and so in both of two. */
function sorted(value: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1));
}
