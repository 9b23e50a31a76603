const REDACTED = "[REDACTED]";

/** Members whose value is a secret whatever it looks like: `password`, `db_password`, `apiKey`, `Authorization`, … */
const SECRET_NAME =
  /(^|[_.-]|(?<=[a-z])(?=[A-Z]))(passwords?|passwd|passphrase|secrets?|token|api[_-]?keys?|access[_-]?keys?|private[_-]?keys?|authorization|credentials?|cookie)$/i;

/** Text that is a secret wherever it stands. Each keeps what tells the reader which kind it was. */
const SECRET_TEXT: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN ([A-Z ]*PRIVATE KEY)-----[\s\S]*?(-----END \1-----|$)/g, `-----BEGIN $1----- ${REDACTED}`],
  [/\b(bearer|basic)\s+[\w.~+/=-]{8,}/gi, `$1 ${REDACTED}`],
  [/\beyJ[\w-]+\.[\w-]+\.[\w-]*/g, REDACTED],
  [/\b([a-z][a-z0-9+.-]*:\/\/[^\s:/@]*):[^\s/@]+@/gi, `$1:${REDACTED}@`],
  [/\b(AKIA|ASIA)[A-Z0-9]{16}\b/g, REDACTED],
  [
    /\b(gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|glpat-[\w-]{20,}|xox[abprs]-[\w-]{10,}|sk-[\w-]{20,}|AIza[\w-]{35})/g,
    REDACTED,
  ],
  [
    /\b(\w*(?:password|passwd|passphrase|secret|token|api[_-]?key|access[_-]?key))(["']?\s*[=:]\s*["']?)(?!\[REDACTED)[^\s"',;&]+/gi,
    `$1$2${REDACTED}`,
  ],
];

/** A cheap sign that one of the patterns could match: most text has none and is passed over at once. */
const SUSPECT =
  /-----BEGIN|bearer|basic|eyJ|:\/\/|AKIA|ASIA|gh[pousr]_|github_pat|glpat|xox|sk-|AIza|passw|passphrase|secret|token|key/i;

/** A copy without secrets; the value itself where there are none to take out of a string. */
export function redact<T>(value: T): T {
  // Redaction keeps the shape: strings stay strings, objects keep their members.
  return redactValue(value) as T;
}

function redactValue(value: unknown): unknown {
  if (typeof value === "string") return redactText(value);
  if (Array.isArray(value)) return value.map(redactValue);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, isSecret(name, member) ? REDACTED : redactValue(member)]),
  );
}

function isSecret(name: string, member: unknown): boolean {
  return (typeof member === "string" || typeof member === "number") && SECRET_NAME.test(name);
}

/** Text without the secrets it holds. */
export function redactText(text: string): string {
  if (!SUSPECT.test(text)) return text;
  return SECRET_TEXT.reduce((rest, [pattern, replacement]) => rest.replace(pattern, replacement), text);
}
