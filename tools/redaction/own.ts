import type { HideInText } from "../redact.ts";
import { REDACTED } from "./pattern.ts";

/** Characters from `start` to before `end`. */
type Span = readonly [start: number, end: number];

const PATTERNS_MAX = 32;
const PATTERN_CHARS_MAX = 512;
/** Instructions of a compiled pattern: what a character costs at worst. */
const PROGRAM_SIZE_MAX = 256;
/** Shorter ones, and single words in lower case, such as a user's name, stand in too much other text. */
const VALUE_CHARS_MIN = 8;
const COMMON_WORD = /^[a-z_-]*$/;

/**
 * Compiles an operator's patterns: RE2 syntax, whose matching takes time in proportion to the text. What the first group
 * matches is hidden, or all of it where there is none.
 *
 * @throws {Error} naming the first pattern that cannot be used, by its number, and why.
 */
export async function compilePatterns(sources: readonly string[]): Promise<readonly HideInText[]> {
  if (sources.length === 0) return [];
  if (sources.length > PATTERNS_MAX) {
    throw new Error(`expected at most ${PATTERNS_MAX} patterns, but got ${sources.length}`);
  }
  const { RE2JS } = await import("re2js"); // Few servers have patterns of their own.
  return sources.map((source, index) => {
    const refuse = (reason: string, cause?: unknown) =>
      new Error(`cannot use pattern ${index + 1}, ${JSON.stringify(source.slice(0, 80))}: ${reason}`, { cause });
    if (source.length > PATTERN_CHARS_MAX) throw refuse(`it has more than ${PATTERN_CHARS_MAX} characters`);
    let regex;
    try {
      regex = RE2JS.compile(source);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message.replace(/^error parsing regexp: /, "") : String(cause);
      throw refuse(`${reason} (RE2 syntax, without look-around and back-references)`, cause);
    }
    if (regex.programSize() > PROGRAM_SIZE_MAX) throw refuse("it is too large: use smaller counts in {…}");
    if (regex.test("")) throw refuse("it matches the empty text, and so any");
    const group = regex.groupCount() > 0 ? 1 : 0;
    return (text) => {
      if (!regex.test(text)) return text;
      const spans: Span[] = [];
      const matcher = regex.matcher(text);
      while (matcher.find()) {
        const start = matcher.start(group);
        // A group that took no part: then there is nothing else to go by.
        spans.push(start >= 0 ? [start, matcher.end(group)] : [matcher.start(0), matcher.end(0)]);
      }
      return hideSpans(text, spans);
    };
  });
}

/** Hides values wherever they stand, such as this server's own passwords: also percent-encoded and in Base64. */
export function hideValues(values: readonly string[]): HideInText {
  const forms = new Set(
    values.filter((value) => value.length >= VALUE_CHARS_MIN && !COMMON_WORD.test(value))
      .flatMap((value) => [value, encodeURIComponent(value), btoa(value)]),
  );
  // The longest first: what holds another is hidden as a whole.
  const sorted = [...forms].sort((a, b) => b.length - a.length);
  return (text) => sorted.reduce((rest, form) => rest.includes(form) ? rest.replaceAll(form, REDACTED) : rest, text);
}

/** Puts a mark for each span; spans that touch become one, one within a mark is hidden already. */
function hideSpans(text: string, found: readonly Span[]): string {
  const marks = Array.from(text.matchAll(/\[REDACTED\]/g), ({ index }): Span => [index, index + REDACTED.length]);
  const spans = [...marks, ...found.filter(([start, end]) => end > start)].sort((a, b) => a[0] - b[0] || b[1] - a[1]);
  let hidden = "";
  let done = 0;
  let open: [start: number, end: number] | undefined;
  const close = () => {
    if (!open) return;
    hidden += text.slice(done, open[0]) + REDACTED;
    done = open[1];
  };
  for (const [start, end] of spans) {
    if (open && start <= open[1]) open[1] = Math.max(open[1], end);
    else {
      close();
      open = [start, end];
    }
  }
  close();
  return hidden + text.slice(done);
}
