import { REDACTED } from "../redaction/pattern.ts";

/** A line of a key by itself. */
const BODY = /^[A-Za-z0-9+/]{40,}={0,2}$/;
/** The same within a logger's words: PEM has 64 characters a line. */
const BODY_WITHIN = /[A-Za-z0-9+/]{60,}={0,2}/g;
/** A member of a Secret's data by itself, in YAML or JSON. */
const MEMBER = /^(\s*"?[\w.-]{1,253}"?:\s{1,4}"?)([A-Za-z0-9+/]{8,}={0,2})("?,?\s*)$/;

/**
 * Hides what may be a line of a private key or of a Secret's data, for lines that come without those around them, by
 * which they would be known: a line too many is hidden rather than one too few.
 */
export function hideInLoneLine(message: string): string {
  if (BODY.test(message.trim()) && isMixed(message)) return REDACTED;
  const [, before, value, after] = MEMBER.exec(message) ?? [];
  if (value !== undefined && value.length % 4 === 0 && (value.endsWith("=") || isMixed(value))) {
    return `${before}${REDACTED}${after}`;
  }
  return message.replace(BODY_WITHIN, (body) => isMixed(body) ? REDACTED : body);
}

/** Digests in hex are not, nor are paths of words. */
function isMixed(text: string): boolean {
  return /[a-z]/.test(text) && /[A-Z]/.test(text) && /\d/.test(text);
}
