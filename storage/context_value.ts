import type { Json } from "./json.ts";

/**
 * The stored form of a context value: a well-formed string that is no JSON text stands as its own bytes, so that
 * `redis-cli get ctx:version` prints `1.0.0`; everything else is JSON. `decodeContextValue` gives the value back (-0 comes
 * back as 0, its equal, as from every JSON printer).
 */
export function encodeContextValue(value: Json): string {
  if (typeof value === "string" && value.isWellFormed() && !isJsonText(value)) return value;
  return JSON.stringify(value);
}

/** What JSON text may begin with. */
const JSON_START = /^[\s"[{\d\-tfn]/;

/** The value behind its stored form; any text is some value. */
export function decodeContextValue(text: string): Json {
  // Where it surely is none the parser's error, which costs far more than the look, is spared.
  if (!JSON_START.test(text)) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function isJsonText(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
