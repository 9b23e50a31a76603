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

/** Five of each of the twenty kinds. */
export function plantHundred(): readonly Planted[] {
  return Object.entries(SECRET_KINDS).flatMap(([kind, make], index) =>
    Array.from({ length: 5 }, (_, each) => plant(kind, make, 1000 * index + each))
  );
}

/** The secrets of which a text holds some piece, as it is, percent-encoded, in Base64 or with JSON's escapes. */
export function secretsIn(text: string, planted: readonly Planted[]): readonly string[] {
  return planted.flatMap(({ kind, secrets }) =>
    secrets.filter((secret) => formsOf(secret).some((form) => text.includes(form))).map((secret) =>
      `${kind}: ${secret}`
    )
  );
}

function formsOf(secret: string): readonly string[] {
  // Base64 of a secret alone; within other text its beginning and end would be coded otherwise, its middle the same.
  const encoded = Buffer.from(secret).toString("base64").replace(/=+$/, "");
  const forms = [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1), encoded];
  return [...new Set(forms)];
}
