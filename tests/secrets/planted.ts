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
  return planted.flatMap(({ kind, secrets }) =>
    secrets.filter((secret) => formsOf(secret).some((form) => text.includes(form))).map((secret) =>
      `${kind}: ${secret}`
    )
  );
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
