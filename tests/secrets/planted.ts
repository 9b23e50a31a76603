import { Buffer } from "node:buffer";
import { createRandom, type Random } from "./random.ts";
import { SECRET_KINDS } from "./kinds.ts";

/** What a kind makes: where the secret stands, and the secret itself. */
export interface MadeUp {
  /** Text, or JSON, as it would stand in a message, a log or a file. */
  readonly carrier: unknown;
  /** What must not be seen: the secret, or its pieces where it has several. */
  readonly secrets: readonly string[];
}

/** A made-up secret in its place. */
export interface Planted extends MadeUp {
  readonly kind: string;
  /** The carrier as text. */
  readonly text: string;
}

/** Plants one secret of a kind. */
export function plant(kind: string, make: (random: Random) => MadeUp, seed: number): Planted {
  const made = make(createRandom(seed));
  return { kind, ...made, text: typeof made.carrier === "string" ? made.carrier : JSON.stringify(made.carrier) };
}

/** Five of each kind, over a hundred; others for each seed. */
export function plantHundred(seed = 0): readonly Planted[] {
  return Object.entries(SECRET_KINDS).flatMap(([kind, make], index) =>
    Array.from({ length: 5 }, (_, each) => plant(kind, make, seed + 1000 * index + each))
  );
}

/** The secrets of which a text holds some piece, as it is, percent-encoded once or twice, in Base64 or with JSON's escapes. */
export function secretsIn(text: string, planted: readonly Planted[]): readonly string[] {
  const mayHold = markPieces(text);
  const holds = (form: string) => mayHold(form) && text.includes(form);
  return planted.flatMap(({ kind, secrets }) =>
    secrets.filter((secret) => formsOf(secret).some(holds)).map((secret) => `${kind}: ${secret}`)
  );
}

/** Characters of a piece, each of which has a share of the bits of a mark's index. */
const PIECE = 4;
const BITS = 24;

/** Characters of a text that are worth the marks. */
const MARKED_MIN = 100_000;

/**
 * Looks through a text once, where a search for each of some thousand forms would each look through megabytes.
 *
 * @returns whether the text has every piece of another one, as it must where it holds it
 */
function markPieces(text: string): (other: string) => boolean {
  if (text.length < MARKED_MIN) return () => true;
  const marks = new Uint8Array(2 ** BITS);
  const indexesOf = (of: string, visit: (index: number) => boolean): boolean => {
    let index = 0;
    for (let at = 0; at < of.length; at++) {
      // What has left the piece is shifted out of the index.
      index = ((index << (BITS / PIECE)) ^ of.charCodeAt(at)) & (2 ** BITS - 1);
      if (at + 1 >= PIECE && !visit(index)) return false;
    }
    return true;
  };
  indexesOf(text, (index) => (marks[index] = 1) === 1);
  return (other) => indexesOf(other, (index) => marks[index] === 1);
}

function formsOf(secret: string): readonly string[] {
  // Within other text the first and the last of its characters are coded with what stands beside them.
  const encoded = [0, 1, 2].map((before) =>
    Buffer.from(`${"\0".repeat(before)}${secret}`).toString("base64").slice(before && 4).replace(/.?=*$/, "")
  );
  const percent = encodeURIComponent(secret);
  const forms = [secret, percent, encodeURIComponent(percent), JSON.stringify(secret).slice(1, -1), ...encoded];
  const inUrls = encoded.map((text) => text.replaceAll("+", "-").replaceAll("/", "_"));
  return [...new Set([...forms, ...inUrls])];
}
