import type { RE2JS } from "re2js";

/** Tells whether a text is matched from its first character to its last. */
export interface TextPattern {
  matches(text: string): boolean;
}

/** Compiles a regular expression. @throws {Error} saying why it cannot be used. */
export type CompilePattern = (source: string) => TextPattern;

/** Instructions of a compiled pattern: what a character costs at worst. */
const PROGRAM_SIZE_MAX = 256;
/** Characters × instructions that one argument may cost: 0.1 s at worst, as measured for `logs.search`. */
const STEPS_MAX = 500_000;

/**
 * A compiler of patterns in RE2 syntax, whose time is in proportion to the text; the language's own expressions may
 * take for ever on a text made for it. A text too long for the pattern's cost is not matched.
 */
export async function loadPatterns(): Promise<CompilePattern> {
  const { RE2JS } = await import("re2js"); // Few policies have patterns.
  return (source) => {
    const regex = compile(RE2JS, source);
    const size = regex.programSize();
    if (size > PROGRAM_SIZE_MAX) throw new Error("it is too large: use smaller counts in {…}");
    const charsMax = Math.floor(STEPS_MAX / size);
    return { matches: (text) => text.length <= charsMax && regex.testExact(text) };
  };
}

function compile(library: typeof RE2JS, source: string): RE2JS {
  try {
    return library.compile(source);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.replace(/^error parsing regexp: /, "") : String(cause);
    throw new Error(`${reason} (RE2 syntax, without look-around and back-references)`, { cause });
  }
}
