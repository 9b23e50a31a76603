import { ToolError } from "../error.ts";

/** Tells the lines that are asked for. */
export interface LineFilter {
  matches(message: string): boolean;
  /** Characters of a message that are looked at; it is given no more. */
  readonly charsMax: number;
}

/** No sensible pattern is longer, and compiling takes time with the length. */
export const QUERY_CHARS_MAX = 256;

/**
 * Instructions of a compiled pattern. Matching takes 80 to 250 ns a character and instruction with patterns made for it,
 * whose automaton does not fit its cache; with most it is far below 1 ns.
 */
const PROGRAM_SIZE_MAX = 256;
/** Characters × instructions spent on one line, which nothing interrupts: 0.1 s at worst, and a line of 20 KB for most. */
const LINE_STEPS_MAX = 500_000;

/** What a query asks for, as it is written. */
export type Wanted =
  | { readonly kind: "all" }
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "expression"; readonly pattern: string; readonly ignoreCase: boolean };

/** Tells text from an expression: `/regex/` and `/regex/i`; all else is text to be found in any letter case. */
export function readQuery(query: string | undefined): Wanted {
  if (query === undefined || query === "") return { kind: "all" };
  const [, pattern, flag] = /^\/(.+)\/(i?)$/s.exec(query) ?? [];
  return pattern === undefined
    ? { kind: "text", text: query }
    : { kind: "expression", pattern, ignoreCase: flag === "i" };
}

/**
 * Makes a query ready to be matched.
 *
 * @throws {ToolError} `invalid_params` for a regular expression that cannot be used.
 */
export async function parseQuery(query: string | undefined): Promise<LineFilter> {
  const wanted = readQuery(query);
  switch (wanted.kind) {
    case "all":
      return ALL_LINES;
    case "text": {
      const text = wanted.text.toLowerCase();
      return { matches: (message) => message.toLowerCase().includes(text), charsMax: Infinity };
    }
    case "expression":
      return await compile(wanted.pattern, wanted.ignoreCase);
  }
}

/** Any line matches. */
export const ALL_LINES: LineFilter = { matches: () => true, charsMax: Infinity };

/** RE2's expressions take time in proportion to the text, whatever the pattern; the language's own may take for ever. */
async function compile(pattern: string, ignoreCase: boolean): Promise<LineFilter> {
  const { RE2JS } = await import("re2js"); // Few searches need it, no start does.
  let regex;
  try {
    regex = RE2JS.compile(pattern, ignoreCase ? RE2JS.CASE_INSENSITIVE : 0);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.replace(/^error parsing regexp: /, "") : String(cause);
    throw new ToolError("invalid_params", `Cannot use the regular expression "${pattern}": ${reason}`, {
      hint:
        "Use RE2 syntax: look-around such as (?=…), (?!…), (?<=…) and back-references such as \\1 do not exist in " +
        "it; or search for plain text, without the slashes",
      cause,
    });
  }
  const size = regex.programSize();
  if (size > PROGRAM_SIZE_MAX) {
    throw new ToolError(
      "invalid_params",
      `Cannot use the regular expression "${pattern}": it comes to ${size} steps a character, of at most ${PROGRAM_SIZE_MAX}`,
      { hint: "Use smaller counts in {…}, or * and +" },
    );
  }
  return { matches: (message) => regex.test(message), charsMax: Math.floor(LINE_STEPS_MAX / size) };
}
