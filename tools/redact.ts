import { REDACTED, SECRET_PATTERNS } from "./secret_patterns.ts";

/** Names whose value is a secret whatever it looks like: `db_password`, `apiKey`, `Authorization`, `tls.key`, … */
const SECRET_NAME =
  /(?:passwords?|passwd|passphrase|[_-]pwd|secrets?|(?<!(?:page|next|continue|continuation)[_-]?)tokens?|(?:api|access|private|secret|signing|encryption|account|master)[_-]?keys?|authorization|credentials?|cookies?|tls\.key|client-key-data|\.dockerconfigjson)$/i;

/** A cheap sign that one of the patterns could match: most text has none and is passed over at once. */
const SUSPECT =
  /-----BEGIN|:\/\/[^\s/]*@|cookie|authorization|bearer|basic|eyJ|AKIA|ASIA|gh[pousr]_|_pat_|glpat|npm_|hvs\.|sha256~|ya29|AIza|xox|sk-|[rs]k_|SG\.|hooks\.slack|[?&](?:sig|x-)|passw|passphrase|requirepass|[_-]pwd|masterauth|rediscli|token|secret|(?:api|access|private|signing|encryption|account|master)[ _-]?key|credential/i;

/**
 * A copy without secrets: those that their looks give away, and whatever stands under a secret's name. A secret that is
 * spread over several strings, as a private key over the lines of a log, is not seen but for its first.
 */
export function redact<T>(value: T): T {
  // Redaction keeps the shape: strings stay strings, objects keep their members.
  return redactValue(value) as T;
}

function redactValue(value: unknown): unknown {
  if (typeof value === "string") return redactText(value);
  if (Array.isArray(value)) return value.map(redactValue);
  if (typeof value !== "object" || value === null) return value;
  const named = namesSecret(value);
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name,
      SECRET_NAME.test(name) || (named && name === "value") ? hide(name, member) : redactValue(member),
    ]),
  );
}

/** Whether the value beside is a secret's: `{"name": "DB_PASSWORD", "value": …}`, `{"key": "db_password", "value": …}`. */
function namesSecret(value: object): boolean {
  const { name, key } = value as { readonly name?: unknown; readonly key?: unknown }; // Read, whatever they are.
  return [name, key].some((named) => typeof named === "string" && SECRET_NAME.test(named));
}

/** What stands under a secret's name: hidden if it is text or a number, alone or in a list. */
function hide(name: string, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => hide(name, item));
  if (typeof value === "string" && value !== "") return REDACTED;
  // A number of tokens is a count.
  if (typeof value === "number" && !/tokens?$/i.test(name)) return REDACTED;
  return redactValue(value);
}

/** Text without the secrets it holds. */
export function redactText(text: string): string {
  if (!SUSPECT.test(text)) return text;
  return SECRET_PATTERNS.reduce((rest, [pattern, replacement]) => rest.replace(pattern, replacement), text);
}
