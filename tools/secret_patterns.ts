/** What stands for a secret that was taken out. */
export const REDACTED = "[REDACTED]";

/** A secret's looks in text, and what is left of it: enough to tell which kind it was. */
export type SecretPattern = readonly [pattern: RegExp, replacement: string];

/*
 * A pattern starts at a word that is rare, not at a run of characters, and whatever is open-ended in it ends in a
 * match: so the time is linear in the text, whoever wrote it. What comes after a "(?!" is no secret.
 */

const SECRET_KEY = "(?:api|access|private|secret|signing|encryption|account|master)[ _-]?keys?";
const PASSWORD = "passwords?|passwd|passphrase|[_-]pwd|requirepass|masterauth|rediscli_auth";
/** Words that prose uses too; a token that pages through a list is none. */
const CREDENTIAL = `(?<!(?:page|next|continue|continuation)[_-]?)token|secret|${SECRET_KEY}|authorization|credentials?`;

const QUOTE = String.raw`\\{0,4}["']`;
const SPACE = String.raw`[ \t]{0,8}`;
/** Between a name and its value: `=`, `:`, `:=`, `=>`; no `==`, `=~`, `::` or `://`. */
const SEPARATOR = String.raw`(?:${QUOTE})?${SPACE}(?::=|=>|=(?![=~>])|:(?![:=]|\/\/))${SPACE}`;

/** A variable, a placeholder, a value that says there is none, or one that is hidden already. */
const HARMLESS = [
  String.raw`(?:\w{1,20} )?\[REDACTED\]`,
  String.raw`\$\(|\{\{|\*{3}`,
  String.raw`\$(?:\{\w{1,80}\}|(?-i:[A-Z_][A-Z0-9_]*))(?=[\s"'\\,;)}@]|$)`,
  String.raw`<[\w .'/-]{1,80}>`,
  String.raw`(?:null|nil|none|true|false|undefined|missing|required|expired|invalid|empty|unset)(?=[\s"'\\,;.)}\]]|$)`,
].join("|");
/** Groups 2 to 4 hold the quote that opens the value. The value of a quoted name that stands `" : ` apart is prose. */
const QUOTED = String.raw`(\\{1,4}["'])[^"'\\\n]+|(")(?:\\.|[^"\\\n])+|(')(?:\\.|[^'\\\n])+`;
const BARE = String.raw`(?<!["'] : )[^\s"',;&]+`;
/** `token: unexpected status 401`, but not `token: hunter user=bob`. */
const PROSE = String.raw`(?<=: )(?-i:(?:[a-z]+:?|x509:) [a-z]+)(?!\w*[ \t]*[:=])`;

function assigned(names: string, harmless: string): RegExp {
  return new RegExp(`((?:${names})${SEPARATOR})(?!(?:${QUOTE})?(?:${harmless}))(?:${QUOTED}|${BARE})`, "gi");
}

const LEFT_OF_ASSIGNED = `$1$2$3$4${REDACTED}`;

/** Secrets that stand in text, in the order in which they are taken out. */
export const SECRET_PATTERNS: readonly SecretPattern[] = [
  [
    /-----BEGIN ([A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?)-----(?! \[REDACTED\])[\s\S]*?(?:-----END \1-----|$)/g,
    `-----BEGIN $1----- ${REDACTED}`,
  ],
  // scheme://user:password@host; a port before a query is no password.
  [new RegExp(String.raw`(:\/\/[^\s:/@"'<>]*):(?!\d{1,5}[?#]|${HARMLESS})[^\s/"'<>]+@`, "gi"), `$1:${REDACTED}@`],
  [/((?:set-)?cookie\\{0,4}["']?[ \t]{0,8}:[ \t]{0,8}\\{0,4}["']?)[^\s"'=;,]{1,100}=[^"'\n]*/gi, `$1${REDACTED}`],
  [
    new RegExp(
      String
        .raw`(authorization${SEPARATOR}(?:${QUOTE})?(?:bearer|basic|digest|negotiate|token|apikey) )(?!${HARMLESS})` +
        String.raw`[^\s"',;\\]+`,
      "gi",
    ),
    `$1${REDACTED}`,
  ],
  // Credentials have a digit or change case midway; "basic authentication" does not.
  [
    /(?<!\w)((?:[Bb]earer|BEARER|[Bb]asic|BASIC)[ \t]{1,8})(?=[\w.~+/=-]*(?:\d|[a-z][A-Z]))[\w.~+/=-]{8,}/g,
    `$1${REDACTED}`,
  ],
  [/(?<![\w-])eyJ[\w-]+\.[\w-]+\.[\w-]*/g, REDACTED],
  [/(?<![A-Z0-9])(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Z0-9])/g, REDACTED],
  [/(?<!\w)(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|glpat-[\w-]{20,}|npm_[A-Za-z0-9]{30,})/g, REDACTED],
  [/(?<!\w)(?:dckr_pat_[\w-]{20,}|hvs\.[\w-]{20,}|sha256~[\w-]{40,}|ya29\.[\w-]{20,}|AIza[\w-]{35})/g, REDACTED],
  [/(?<!\w)(?:xox[abeprs]-[\w-]{10,}|sk-(?:ant|proj|svcacct|admin)-[\w-]{20,}|sk-[A-Za-z0-9]{32,})/g, REDACTED],
  [/(?<!\w)(?:[rs]k_(?:live|test)_[A-Za-z0-9]{16,}|SG\.[\w-]{16,}\.[\w-]{16,})/g, REDACTED],
  [/(hooks\.slack\.com\/services\/)[\w/]+/g, `$1${REDACTED}`],
  [/([?&](?:sig|x-amz-signature|x-goog-signature)=)[^\s"'&]+/gi, `$1${REDACTED}`],
  // --password hunter2; a lower-case word is more likely prose about the option.
  [
    new RegExp(
      String
        .raw`((?:-(?:${PASSWORD}|token|secret|api-?key)|requirepass|masterauth)[ \t]{1,8})(?!-|(?:${QUOTE})?(?:${HARMLESS}))` +
        String.raw`(?:${QUOTED}|(?-i:(?=[^\s"',;&]*[A-Z0-9!@#%^*_+]))[^\s"',;&]+)`,
      "gi",
    ),
    LEFT_OF_ASSIGNED,
  ],
  // A name and its value apart, as in a container's env: name: DB_PASSWORD, value: hunter2.
  [
    new RegExp(
      String
        .raw`((?:name|key)${SEPARATOR}(?:${QUOTE})?[\w.-]{0,60}(?:${PASSWORD}|${CREDENTIAL})(?:${QUOTE})?[ \t]{0,8}[,\n]\s{0,40}` +
        String.raw`(?:${QUOTE})?value${SEPARATOR})(?!(?:${QUOTE})?(?:${HARMLESS}))(?:${QUOTED}|${BARE})`,
      "gi",
    ),
    LEFT_OF_ASSIGNED,
  ],
  [assigned(PASSWORD, HARMLESS), LEFT_OF_ASSIGNED],
  [assigned(CREDENTIAL, `${HARMLESS}|${PROSE}`), LEFT_OF_ASSIGNED],
];
