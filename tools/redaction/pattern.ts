/** What stands for a secret that was taken out. */
export const REDACTED = "[REDACTED]";

/**
 * A secret's looks in text, and what is left of it: enough to tell which kind it was.
 *
 * It starts at a word that is rare, not at a run of characters, and whatever is open-ended in it ends in a match: so
 * the time is linear in the text, whoever wrote it. What comes after a `(?!` is no secret.
 */
export type SecretPattern = readonly [looks: RegExp, left: string | ((found: string) => string)];

/** Patterns of one sort, in the order in which their secrets are taken out. */
export interface SecretLooks {
  /** Whether one of the patterns could match: most text shows no sign of any and is passed over at once. */
  readonly isPossibleIn: (text: string) => boolean;
  readonly patterns: readonly SecretPattern[];
}

/** A quote within JSON within JSON, up to four levels: `\\\"`. */
export const QUOTE = String.raw`\\{0,15}["']`;
const SPACE = String.raw`[ \t]{0,8}`;
/** Between a name and its value: `=`, `:`, `:=`, `=>`, the first two also percent-encoded; no `==`, `=~`, `::`, `://`. */
export const SEPARATOR = String.raw`(?:${QUOTE})?\]?${SPACE}(?::=|=>|=(?![=~>])|:(?![:=]|\/\/)|%3[ad](?!%2f))${SPACE}`;

/** A variable, a placeholder, a value that says there is none, or one that is hidden already. */
export const HARMLESS = [
  String.raw`\[?(?:${QUOTE})?(?:\w{1,20} )?\[REDACTED\]`,
  String.raw`\$\(|\{\{|\*{3}`,
  String.raw`\$(?:\{\w{1,80}\}|(?-i:[A-Z_][A-Z0-9_]*))(?=[\s"'\\,;)}@]|$)`,
  String.raw`<[\w .'/-]{1,80}>`,
  // What our own words say of an argument.
  String.raw`(?:expected|no such|too|must|unknown|not) (?=\w)`,
  String.raw`(?:null|nil|none|true|false|undefined|missing|required|expired|invalid|empty|unset)(?=[\s"'\\,;.)}\]<]|$)`,
].join("|");
