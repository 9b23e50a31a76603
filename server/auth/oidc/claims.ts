import type { JWTPayload } from "jose";

/** A claim is not what it must be; the message is for the operator, and has no double quotes: a challenge quotes it. */
export class ClaimError extends Error {
  override readonly name = "ClaimError";
}

export interface WordsMax {
  readonly count: number;
  readonly chars: number;
}

/** Control and format characters, line ends, lone surrogates: what shows as something else, or not at all. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u;

/**
 * The value of a claim. A dot walks into an object (`realm_access.roles`), unless a claim's own name has it
 * (`https://ops.example/roles`).
 */
export function claimAt(claims: unknown, path: string): unknown {
  if (typeof claims !== "object" || claims === null) return undefined;
  const members = new Map(Object.entries(claims));
  if (members.has(path)) return members.get(path);
  for (let dot = path.indexOf("."); dot !== -1; dot = path.indexOf(".", dot + 1)) {
    const found = claimAt(members.get(path.slice(0, dot)), path.slice(dot + 1));
    if (found !== undefined) return found;
  }
  return undefined;
}

/**
 * A claim that lists words: a list of texts, or a text with spaces between them.
 *
 * @returns each word once; `undefined` where there is no such claim, or it is null.
 * @throws {ClaimError}
 */
export function wordsAt(claims: JWTPayload, path: string, max: WordsMax): readonly string[] | undefined {
  const value = claimAt(claims, path) ?? undefined;
  if (value === undefined) return undefined;
  const words = typeof value === "string" ? value.split(" ").filter((word) => word !== "") : value;
  if (!Array.isArray(words) || !words.every((word) => typeof word === "string")) {
    throw new ClaimError(`The claim ${path} is neither a list of texts nor a text`);
  }
  if (words.length > max.count) {
    throw new ClaimError(`The claim ${path} lists ${words.length}, expected at most ${max.count}`);
  }
  if (words.some((word) => word === "" || word.length > max.chars || UNPRINTABLE.test(word))) {
    throw new ClaimError(`The claim ${path} lists one that is no printable text of 1 to ${max.chars} characters`);
  }
  return [...new Set(words)];
}

/**
 * The principal's name.
 *
 * @throws {ClaimError} also for a name that could be taken for another one's.
 */
export function nameAt(claims: JWTPayload, path: string, charsMax: number): string {
  const name = claimAt(claims, path);
  if (typeof name !== "string") throw new ClaimError(`The claim ${path}, which names the principal, is no text`);
  if (name === "" || name.length > charsMax || UNPRINTABLE.test(name)) {
    throw new ClaimError(`The claim ${path} is no printable text of 1 to ${charsMax} characters`);
  }
  // Two spellings that look alike would be two principals.
  if (name !== name.trim() || name !== name.normalize("NFC")) {
    throw new ClaimError(`The claim ${path} begins or ends with a space, or is not in Unicode's composed form (NFC)`);
  }
  // `default` is whoever calls a server without authentication, `*` is everyone in the names of shared limits.
  if (["default", "*"].includes(name)) throw new ClaimError(`The claim ${path} is a name that the server itself uses`);
  // As Kubernetes has it: anyone may claim an address that nobody has verified.
  if (path === "email" && "email_verified" in claims && claims["email_verified"] !== true) {
    throw new ClaimError("The claim email is not verified: email_verified is not true");
  }
  return name;
}
