import { findJson, type JsonPart } from "./json_text.ts";
import { REDACTED } from "./pattern.ts";

/** How what is in a text is redacted. */
export interface PartRedactors {
  /** What JSON says. */
  readonly value: (value: unknown) => unknown;
  /** What is escaped within a JSON string. */
  readonly escaped: (text: string) => string;
  /** What stands around them, each of which is one word in it. */
  readonly around: (text: string) => string;
}

/** U+FDD0 to U+FDEF are no characters, and free for what a program needs between other text. */
const MARKS = Array.from({ length: 32 }, (_, index) => String.fromCharCode(0xfdd0 + index));

/**
 * How much longer a part may become: in JSON within JSON within JSON the quotes of each mark, where a digit was, would
 * be escaped by hundreds of backslashes. What grows beyond is hidden as a whole.
 */
const GROWTH_MAX = 4;
const GROWTH_CHARS = 64;

/**
 * Redacts the JSON in a text by what it says, and the text around it with each part as one word: nothing may tear a
 * part apart, a secret's name before it hides all of it.
 */
export function redactEmbedded(text: string, redactors: PartRedactors): string {
  const parts = findJson(text);
  if (parts.length === 0) return redactors.around(text);
  const mark = MARKS.find((candidate) => !text.includes(candidate));
  // Nobody writes all of them but to see what happens.
  if (mark === undefined) return REDACTED;
  let around = "";
  let end = 0;
  const printed = parts.map((part, index) => {
    around += `${text.slice(end, part.start)}${mark}${index}${mark}`;
    end = part.end;
    const found = text.slice(part.start, part.end);
    const redacted = print(part, found, redactors) ?? found;
    return redacted.length <= GROWTH_MAX * found.length + GROWTH_CHARS ? redacted : REDACTED;
  });
  around += text.slice(end);
  const word = new RegExp(`${mark}(\\d+)${mark}`, "g");
  return redactors.around(around).replaceAll(word, (_, index) => printed[Number(index)] ?? REDACTED);
}

/** @returns `undefined` for a part that stays as it is. */
function print(part: JsonPart, found: string, { value, escaped }: PartRedactors): string | undefined {
  switch (part.kind) {
    case "deep":
      return REDACTED;
    case "escaped": {
      const redacted = escaped(part.text);
      return redacted === part.text ? undefined : JSON.stringify(redacted).slice(1, -1);
    }
    case "json": {
      const redacted = value(part.value);
      if (redacted === part.value) return undefined;
      return part.missing > 0
        ? JSON.stringify(redacted).slice(0, -part.missing)
        : JSON.stringify(redacted, null, indentOf(found));
    }
  }
}

/** The white space that lines of a printed JSON text begin with; `undefined` where it is all in one line. */
function indentOf(text: string): string | undefined {
  return /^[{[]\s*?\n([ \t]{1,10})/.exec(text)?.[1];
}
