import { redactEmbedded } from "./redaction/embedded_json.ts";
import { hideEncoded, hidePartlyEncoded } from "./redaction/encoded.ts";
import { secretTest } from "./redaction/holders.ts";
import { isNumber } from "./redaction/json_text.ts";
import { hideLooks, isSuspect } from "./redaction/looks.ts";
import { isReference, SECRET_DATA } from "./redaction/manifest.ts";
import { distinct, mapItems } from "./redaction/members.ts";
import { isCountName, isSecretName } from "./redaction/names.ts";
import { REDACTED } from "./redaction/pattern.ts";

/** Takes secrets of some kind out of a text; what it leaves, it leaves again. */
export type HideInText = (text: string) => string;

/** Takes secrets out of whatever is recorded, logged or sent. */
export interface Redactor {
  /**
   * The value without secrets: those that their looks give away, and whatever stands under a secret's name. Its shape
   * stays; only a name that holds a secret itself changes. A value without secrets is given back as it is, none is
   * changed.
   */
  redact<T>(value: T): T;
  /** Text without the secrets it holds. */
  redactText(text: string): string;
}

/** JSON within text within JSON, Base64 and percent-encoding are followed so many levels down. */
const LEVELS_MAX = 8;
/** Arrays and objects that nest deeper, over all levels of text, are not looked through, and do not stay. */
const DEPTH_MAX = 256;
/** A text is gone through until nothing changes. */
const ROUNDS_MAX = 4;
/** Names that are remembered: those of our own results, and then some of the peers'. */
const NAMES_MAX = 2000;
const NAME_CHARS_MAX = 64;
/** In JSON within text, where levels end, only names that encode nothing. */
const PLAIN_NAME = /^[\w.-]{1,19}$/;

/** Members that name what stands beside them under one of VALUES: `{"name": "DB_PASSWORD", "value": …}`. */
const NAMING = /^(?:name|key|field|header|variable|param(?:eter)?|option|setting|property|attribute|path)$/i;
const VALUES: ReadonlySet<string> = new Set(["value", "Value", "values", "Values", "val", "default"]);

/** Whether it is a secret's name, and the name without what secrets it holds itself. */
interface Name {
  readonly isSecret: boolean;
  /** Tells secrets among its values, where it is the name of other things too. */
  readonly isSecretValue: ((value: unknown) => boolean) | undefined;
  readonly safe: string;
}

/**
 * Builds a redactor of the built-in patterns and of more.
 *
 * @param more applied to every text besides
 */
export function createRedactor(more: readonly HideInText[] = []): Redactor {
  const names = new Map<string, Name>();

  function nameOf(name: string, level: number): Name {
    const known = names.get(name);
    if (known) return known;
    const read = {
      isSecret: isSecretName(name),
      isSecretValue: secretTest(name),
      safe: level === 0 ? redactText(name) : hideIn(name, 0, level),
    };
    const isKept = level === 0 ? name.length <= NAME_CHARS_MAX : PLAIN_NAME.test(name);
    if (isKept && names.size < NAMES_MAX) names.set(name, read);
    return read;
  }

  /** @param depth of arrays and objects @param level of texts that are within another */
  function redactValue(value: unknown, depth: number, level: number): unknown {
    if (typeof value === "string") return level === 0 ? redactText(value) : hideIn(value, depth, level);
    if (typeof value !== "object" || value === null) return value;
    if (depth > DEPTH_MAX) return REDACTED;
    return Array.isArray(value)
      ? mapItems(value, (item) => redactValue(item, depth + 1, level))
      : redactObject(value, depth, level, false);
  }

  function redactObject(value: object, depth: number, level: number, isSecretItem: boolean): object {
    const { kind } = value as { readonly kind?: unknown }; // Whatever it is.
    const isSecret = isSecretItem || kind === "Secret";
    const hide = (name: string, member: unknown) => hideNamed(name, member, depth + 1, level);
    let namesSecret: boolean | undefined;
    return mapMembers(value, level, (name, member, { isSecret: isNamed, isSecretValue }) => {
      if (isNamed || isSecretValue?.(member)) return hide(name, member);
      if (isSecret && SECRET_DATA.test(name)) return hideAll(member, false, depth + 1, level);
      if (kind === "SecretList" && name === "items" && Array.isArray(member)) {
        return mapItems(member, (item) => isObject(item) ? redactObject(item, depth + 2, level, true) : REDACTED);
      }
      if (VALUES.has(name) && (namesSecret ??= namesSecretBeside(value))) return hide(name, member);
      return redactValue(member, depth + 1, level);
    });
  }

  function namesSecretBeside(value: object): boolean {
    return Object.entries(value).some(([name, member]) =>
      typeof member === "string" && NAMING.test(name) && isSecretName(member)
    );
  }

  /** What stands under a secret's name. A list under a name in the plural may be one of things with a name each. */
  function hideNamed(name: string, value: unknown, depth: number, level: number): unknown {
    const keepNumbers = isCountName(name);
    if (!Array.isArray(value) || !/s$/i.test(name)) return hideAll(value, keepNumbers, depth, level);
    return mapItems(
      value,
      (item) => isObject(item) ? redactValue(item, depth + 1, level) : hideAll(item, keepNumbers, depth + 1, level),
    );
  }

  /** Hides every text and number, but for what only says where a secret is kept. */
  function hideAll(value: unknown, keepNumbers: boolean, depth: number, level: number): unknown {
    if (typeof value === "string") return value === "" ? value : REDACTED;
    if (isNumber(value)) return keepNumbers ? value : REDACTED;
    if (typeof value !== "object" || value === null) return value;
    if (depth > DEPTH_MAX) return REDACTED;
    const hide = (inner: unknown) => hideAll(inner, keepNumbers, depth + 1, level);
    if (Array.isArray(value)) return mapItems(value, hide);
    return isReference(value)
      ? redactObject(value, depth, level, false)
      : mapMembers(value, level, (_, member) => hide(member));
  }

  function mapMembers(
    value: object,
    level: number,
    map: (name: string, member: unknown, known: Name) => unknown,
  ): object {
    const members = value as Readonly<Record<string, unknown>>; // Object.keys gives the names of its own.
    let mapped: [string, unknown][] | undefined;
    for (const [i, name] of Object.keys(members).entries()) {
      const known = nameOf(name, level);
      const member = members[name];
      const safeMember = map(name, member, known);
      if (!mapped && known.safe === name && Object.is(safeMember, member)) continue;
      mapped ??= Object.entries(members).slice(0, i);
      mapped.push([known.safe, safeMember]);
    }
    return mapped ? Object.fromEntries(distinct(mapped)) : value;
  }

  function redactText(text: string): string {
    let rest = text;
    for (let round = 0; round < ROUNDS_MAX; round++) {
      const hidden = hideIn(rest, 0, 0);
      if (hidden === rest) break;
      rest = hidden;
    }
    return rest;
  }

  function hideIn(text: string, depth: number, level: number): string {
    const rest = isSuspect(text) ? hideSuspect(text, depth, level) : text;
    return more.reduce((left, hide) => hide(left), rest);
  }

  function hideSuspect(text: string, depth: number, level: number): string {
    if (level >= LEVELS_MAX) return hideLooks(text);
    return redactEmbedded(text, {
      value: (value) => redactValue(value, depth + 1, level + 1),
      escaped: (inner) => hideIn(inner, depth + 1, level + 1),
      // Decoded first: of what is still encoded the looks may tell a part only.
      around: (around) => hideLooks(hideDecoded(around, depth, level)),
    });
  }

  function hideDecoded(text: string, depth: number, level: number): string {
    const hide = (decoded: string) => hideIn(decoded, depth, level + 1);
    const safe = hideEncoded(text, hide);
    // Once for the whole: on each level it would double the cost.
    return level === 0 ? hidePartlyEncoded(text, safe, hide) : safe;
  }

  return { redact: <T>(value: T) => redactValue(value, 0, 0) as T, redactText };
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The redactor of the built-in patterns alone: for where there are no settings. */
export const builtInRedactor: Redactor = createRedactor();
export const { redact, redactText } = builtInRedactor;
