/** JSON as it stands in a text. */
export type JsonPart =
  & { readonly start: number; readonly end: number }
  & (
    /** An object or a list; its last `missing` characters are not in the text, which breaks off before. */
    | { readonly kind: "json"; readonly value: unknown; readonly missing: number }
    /** What is within a JSON string, of which the quotes may be elsewhere. */
    | { readonly kind: "escaped"; readonly text: string }
    /** It nests too deep to be read. */
    | { readonly kind: "deep" }
  );

/** An object or a list that holds more than numbers, as it is or with its quotes escaped. */
const START = /[{[]\s{0,64}(?:["{[]|\\+")/g;
/** Beginnings that are followed to their ends, each in time linear to the text. */
const ATTEMPTS_MAX = 16;
const LEVELS_MAX = 100;

/** Finds the JSON in a text, such as the body that a log line tells of, also where the text breaks off within it. */
export function findJson(text: string): readonly JsonPart[] {
  const parts: JsonPart[] = [];
  const beginning = new RegExp(START);
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const found = beginning.exec(text);
    if (found === null) break;
    const start = found.index;
    const part = found[0].includes("\\") ? readEscaped(text, start) : readJson(text, start);
    if (part) parts.push(part);
    beginning.lastIndex = part?.end ?? start + 1;
  }
  return parts;
}

/** What follows the last comma where the text breaks off before a value has begun, or in a number or a word. */
const TORN = /^,\s*(?:"(?:[^"\\]|\\.)*"\s*:\s*[{[]\s*|[{[]\s*)*(?:"(?:[^"\\]|\\.)*(?:"\s*:?\s*)?|[-+.\w]*\s*)$/;
const TORN_CHARS_MAX = 512;
const HALF_ESCAPE = /\\(?:u[\da-f]{0,3})?$/i;
const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c];
const CLOSERS: Readonly<Record<number, string>> = { 0x5b: "]", 0x7b: "}" };
const CLOSING = new Set([0x5d, 0x7d]);

/** The object or list that starts there, if any does: to its end, or to where the text breaks off. */
function readJson(text: string, start: number): JsonPart | undefined {
  const open: string[] = [];
  let isInString = false;
  /** The last comma in what is still open, and how many levels were open there. */
  let comma = { at: start, levels: 0 };
  for (let at = start; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === BACKSLASH) at++;
    else if (code === QUOTE) isInString = !isInString;
    else if (isInString) continue;
    else if (code === COMMA) comma = { at, levels: open.length };
    else if (CLOSERS[code] !== undefined) {
      open.push(CLOSERS[code]);
      if (open.length > LEVELS_MAX) return { start, end: text.length, kind: "deep" };
    } else if (CLOSING.has(code)) {
      open.pop();
      if (open.length === 0) return json(text, start, at + 1, "");
      if (open.length < comma.levels) comma = { at: start, levels: 0 };
    }
  }
  const missing = open.toReversed().join("");
  const end = isInString ? text.length - (HALF_ESCAPE.exec(text.slice(-6))?.[0].length ?? 0) : text.length;
  // A failed attempt to parse costs more than all else here.
  const isOpen = !isInString && /[,:]\s{0,64}$/.test(text.slice(-65));
  const broken = isOpen ? undefined : json(text, start, end, isInString ? `"${missing}` : missing);
  if (broken || !TORN.test(text.slice(comma.at, comma.at + TORN_CHARS_MAX))) return broken;
  return json(text, start, comma.at, open.slice(0, comma.levels).toReversed().join(""));
}

function json(text: string, start: number, end: number, missing: string): JsonPart | undefined {
  try {
    return {
      start,
      end,
      kind: "json",
      value: parseExactly(`${text.slice(start, end)}${missing}`),
      missing: missing.length,
    };
  } catch {
    return undefined;
  }
}

/** What is escaped goes on to the next quote that is not, to the end of the line, or to where the text breaks off. */
function readEscaped(text: string, start: number): JsonPart | undefined {
  const ending = /(?<!\\)"|[\n\r]|\\(?:u[\da-f]{0,3})?$/gi;
  ending.lastIndex = start;
  const end = ending.exec(text)?.index ?? text.length;
  try {
    return { start, end, kind: "escaped", text: JSON.parse(`"${text.slice(start, end)}"`) };
  } catch {
    return undefined;
  }
}

// JSON.parse with source text access; TypeScript's library lacks it still.
type Reviver = (name: string, value: unknown, context: { readonly source?: string }) => unknown;
const { parse, rawJSON, isRawJSON } = JSON as unknown as {
  parse(text: string, reviver?: Reviver): unknown;
  rawJSON(text: string): object;
  isRawJSON(value: unknown): boolean;
};
/** A number that may print otherwise than it stands: of many digits, with an exponent, or ending in ".0". */
const INEXACT = /[\d.]{16}|\d[eE]|\.\d*0(?!\d)|-0(?![.\d])/;

/**
 * Parses JSON so that printing it gives every number as it stood, also one that no number of ours equals.
 *
 * @throws {SyntaxError} for what is no JSON.
 */
export function parseExactly(text: string): unknown {
  if (!INEXACT.test(text)) return parse(text);
  return parse(
    text,
    (_, value, { source }) =>
      typeof value === "number" && source !== undefined && source !== String(value) ? rawJSON(source) : value,
  );
}

/** Whether it is a number in `JsonPart.value`; some are not of that type. */
export function isNumber(value: unknown): boolean {
  return typeof value === "number" || isRawJSON(value);
}
