import { Buffer } from "node:buffer";
import { createPublicKey, type KeyObject, sign, verify } from "node:crypto";

/** The DER of an Ed25519 public key is these bytes and then the key's 32. */
const SPKI_PREFIX = "302a300506032b6570032100";
const PUBLIC_KEY = /^[0-9a-f]{64}$/;
const SIGNATURE = /^[0-9a-f]{128}$/;

/** Signs what a replica says of its chain. */
export interface Signer {
  /** 32 bytes in hex. */
  readonly publicKey: string;
  /** Ed25519 over the UTF-8 of the text, 64 bytes in hex: digits that no filter for secrets takes for one. */
  sign(text: string): string;
}

/** @param privateKey an Ed25519 key of `parseSigningKey` */
export function createSigner(privateKey: KeyObject): Signer {
  return {
    publicKey: publicKeyOf(privateKey),
    sign: (text) => sign(null, Buffer.from(text), privateKey).toString("hex"),
  };
}

/** The public half of a key, or a public key itself, as 32 bytes in hex. */
export function publicKeyOf(key: KeyObject): string {
  const publicKey = key.type === "private" ? createPublicKey(key) : key;
  return publicKey.export({ type: "spki", format: "der" }).toString("hex").slice(SPKI_PREFIX.length);
}

/** Whether text is a public key as `Signer.publicKey` has it. */
export function isPublicKey(text: string): boolean {
  return PUBLIC_KEY.test(text);
}

/** Whether the holder of a key signed the text; false also for what is no key or no signature. */
export function isSigned(text: string, publicKey: string, signature: string): boolean {
  if (!PUBLIC_KEY.test(publicKey) || !SIGNATURE.test(signature)) return false;
  try {
    const key = createPublicKey({ key: Buffer.from(SPKI_PREFIX + publicKey, "hex"), format: "der", type: "spki" });
    return verify(null, Buffer.from(text), key, Buffer.from(signature, "hex"));
  } catch {
    return false;
  }
}
