/**
 * What has no place in text that a model or a terminal reads: control characters but tab and line feed, what turns the
 * direction of writing, what is written and not seen (zero-width marks, tags, variation selectors, fillers), and terminal
 * sequences. A model reads all of it, a person sees none of it.
 */
const SEQUENCE =
  // deno-lint-ignore no-control-regex -- control characters are what it is about
  /\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[ -/]+[0-~]|[0-Z\\^_`-~])/g;
const UNSEEN =
  // deno-lint-ignore no-control-regex -- control characters are what it is about
  /[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\u{1bca0}-\u{1bca3}\u{1d173}-\u{1d17a}\u{e0000}-\u{e0fff}]/gu;

/** Text without what is not seen. A carriage return before a line feed goes too. */
export function cleanText(text: string): string {
  if (isPlain(text)) return text;
  return text.replace(SEQUENCE, "").replace(UNSEEN, "");
}

/** A JSON value whose texts, names of members included, are clean; the very value where they all are. */
export function clean(value: unknown): unknown {
  if (typeof value === "string") return cleanText(value);
  if (Array.isArray(value)) {
    const items = value.map(clean);
    return items.some((item, index) => item !== value[index]) ? items : value;
  }
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value);
  const cleaned = members.map(([name, member]) => [cleanText(name), clean(member)] as const);
  const changed = cleaned.some(([name, member], index) =>
    name !== members[index]?.[0] || member !== members[index]?.[1]
  );
  return changed ? Object.fromEntries(cleaned) : value;
}

/** Most text is printable ASCII. */
function isPlain(text: string): boolean {
  return /^[\t\n\x20-\x7e]*$/.test(text);
}
