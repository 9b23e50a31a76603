import { CREDENTIAL_NAMES, KEY_NAMES, NAME_ENDS, PASSWORD_NAMES } from "./names.ts";
import { HARMLESS, QUOTE, REDACTED, type SecretLooks, type SecretPattern, SEPARATOR } from "./pattern.ts";

/** A name with what follows it: its value, or the quote that ends it; or an option of a command. */
const SIGN =
  /(?:pass|pwd|token|secret|authoriz|credential|mnemonic|phrase|rediscli|masterauth|[a-z][ ._-]?keys?)[\w.-]{0,24}(?:\s{0,8}["'\\\]:=>%]|\s{1,40}(?:value|[\w:.-]{1,40}=))|-(?:pass|token|secret|\w{2,12}-?key)|requirepass|masterauth /i;
const CHARS_MIN = 5;

/**
 * Groups 2 to 5 hold the quote that opens the value. An escaped quote is closed by one with as many backslashes. The
 * value of a quoted name that stands `" : ` apart is prose.
 */
const ENCLOSED = [
  String.raw`(\\{1,15})(["'])(?:[^\\"'\n]|(?!(?<!\\)\2\3)[\\"'])+`,
  String.raw`(")(?:\\.|[^"\\\n])+`,
  String.raw`(')(?:\\.|[^'\\\n])+`,
  String.raw`\[[^\]\n]*\]?`,
  String.raw`\{[^{}\n]{1,256}\}`,
].join("|");
const BARE = String.raw`(?<!["'] : )(?![[{]|\\{1,15}["'])[^\s"',;&]+`;
/** `token: unexpected status 401`, but not `token: hunter user=bob`. */
const PROSE = String.raw`(?<=: )(?-i:(?:[a-z]+:?|x509:) [a-z]+)(?!\w*[ \t]*[:=])`;
/** `pass=12 fail=3` and `PASS: TestLogin` tell of tests, `PWD=/home/bob` of a folder. */
const COUNT = String.raw`\d{1,9}(?![^\s,;)}\]])|(?<=(?-i:PASS): )`;
const FOLDER = String.raw`[/~.]|[a-z]:\\`;

const ALL_NAMES = `${PASSWORD_NAMES}|${CREDENTIAL_NAMES}`;

/** What is left is what stands before, and the quote that opens the value. */
function valueAfter(before: string, harmless: string, bare = BARE): SecretPattern {
  const looks = new RegExp(`(${before})(?!(?:${QUOTE})?(?:${harmless}))(?:${ENCLOSED}|${bare})`, "gi");
  return [looks, `$1$2$3$4$5${REDACTED}`];
}

function assigned(names: string, harmless: string): SecretPattern {
  return valueAfter(`(?:${names})${NAME_ENDS}${SEPARATOR}`, harmless);
}

/** What is given to a secret's name. */
export const ASSIGNMENTS: SecretLooks = {
  isPossibleIn: (text) => text.length >= CHARS_MIN && SIGN.test(text),
  patterns: [
    // --password hunter2; a lower-case word is more likely prose about the option.
    valueAfter(
      String.raw`(?:-(?:${PASSWORD_NAMES}|token|secret|${KEY_NAMES})|requirepass|masterauth)[ \t]{1,8}`,
      `-|${HARMLESS}`,
      String.raw`(?-i:(?=[^\s"',;&]*[A-Z0-9!@#%^*_+]))${BARE}`,
    ),
    // A name and its value apart, as in a container's env: name: DB_PASSWORD, value: hunter2.
    valueAfter(
      String.raw`(?:name|key)${SEPARATOR}(?:${QUOTE})?[\w.-]{0,60}(?:${ALL_NAMES})${NAME_ENDS}(?:${QUOTE})?` +
        String.raw`[ \t]{0,8}[,\s]\s{0,40}(?:${QUOTE})?value${SEPARATOR}`,
      HARMLESS,
    ),
    // <password>hunter2</password>
    [
      new RegExp(
        String.raw`(<[\w:.-]{0,60}(?:${ALL_NAMES})${NAME_ENDS}(?:\s[^<>]{0,200})?>)` +
          String.raw`(?!\s{0,8}(?:${HARMLESS}))[^<]+(?=<\/)`,
        "gi",
      ),
      `$1${REDACTED}`,
    ],
    // Password=correct horse;Timeout=5: in a connection string a value ends with its semicolon.
    [
      new RegExp(
        String.raw`((?:${ALL_NAMES}|(?<=;[ \t]{0,8})pwd)[ \t]{0,8}=[ \t]{0,8})(?!(?:${QUOTE})?(?:${HARMLESS}))` +
          String.raw`[^\s"';{][^"';\n]{0,256}(?=;[\w \t]{1,40}=)`,
        "gi",
      ),
      `$1${REDACTED}`,
    ],
    assigned(PASSWORD_NAMES, HARMLESS),
    assigned(String.raw`(?<![a-z])pass`, `${HARMLESS}|${COUNT}`),
    assigned(String.raw`(?<![a-z])pwd`, `${HARMLESS}|${FOLDER}`),
    assigned(CREDENTIAL_NAMES, `${HARMLESS}|${PROSE}`),
  ],
};
