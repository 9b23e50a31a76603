import { Buffer } from "node:buffer";
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { isPublicKey, publicKeyOf } from "./signing.ts";

/** The DER of an Ed25519 private key is these bytes and then its seed of 32. */
const PKCS8_PREFIX = "302e020100300506032b657004220420";
const SEED_BYTES = 32;

/** A new Ed25519 key. */
export function generateSigningKey(): KeyObject {
  return generateKeyPairSync("ed25519").privateKey;
}

/** PKCS#8 in PEM. */
export function printPrivateKey(key: KeyObject): string {
  return key.export({ type: "pkcs8", format: "pem" }).toString();
}

/** SubjectPublicKeyInfo in PEM. @param key private or public */
export function printPublicKey(key: KeyObject): string {
  const publicKey = key.type === "private" ? createPublicKey(key) : key;
  return publicKey.export({ type: "spki", format: "pem" }).toString();
}

const PRIVATE_PEM = /-----BEGIN PRIVATE KEY-----[^-]+-----END PRIVATE KEY-----/;

/**
 * An Ed25519 private key: PKCS#8 in PEM, also with `\n` for its line ends as an environment may have it and with other
 * text around it, or its seed of 32 bytes in base64.
 *
 * @returns `undefined` for anything else
 */
export function parseSigningKey(text: string): KeyObject | undefined {
  try {
    const [pem] = PRIVATE_PEM.exec(text.replaceAll("\\n", "\n")) ?? [];
    const key = createPrivateKey(pem ?? fromSeed(text));
    return key.asymmetricKeyType === "ed25519" ? key : undefined;
  } catch {
    return undefined;
  }
}

function fromSeed(base64: string) {
  const seed = Buffer.from(base64.trim(), "base64");
  if (seed.length !== SEED_BYTES) {
    throw new RangeError(`Expected a seed of ${SEED_BYTES} bytes, but got ${seed.length}`);
  }
  return { key: Buffer.concat([Buffer.from(PKCS8_PREFIX, "hex"), seed]), format: "der", type: "pkcs8" } as const;
}

const PEM = /-----BEGIN (PUBLIC|PRIVATE) KEY-----[^-]+-----END \1 KEY-----/g;

/**
 * The Ed25519 public keys in a file, as 32 bytes in hex: each of its PEM blocks (of a private key its public half), or
 * each of its lines where it has no block.
 *
 * @returns `undefined` where one of them is no such key, or there is none
 */
export function parsePublicKeys(text: string): readonly string[] | undefined {
  const blocks = text.match(PEM);
  const keys = blocks?.map(publicKeyOfPem) ?? text.split("\n").map((line) => line.trim()).filter((line) => line !== "");
  return keys.length > 0 && keys.every((key) => key !== undefined && isPublicKey(key)) ? keys as string[] : undefined;
}

function publicKeyOfPem(pem: string): string | undefined {
  try {
    const key = pem.includes("PRIVATE") ? createPrivateKey(pem) : createPublicKey(pem);
    return key.asymmetricKeyType === "ed25519" ? publicKeyOf(key) : undefined;
  } catch {
    return undefined;
  }
}
