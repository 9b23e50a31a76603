import { Buffer } from "node:buffer";

/** How WebCrypto makes and uses the keys of a JWS algorithm. */
const ALGORITHMS = {
  RS256: rsa("RSASSA-PKCS1-v1_5", 256),
  RS384: rsa("RSASSA-PKCS1-v1_5", 384),
  RS512: rsa("RSASSA-PKCS1-v1_5", 512),
  PS256: rsa("RSA-PSS", 256),
  PS384: rsa("RSA-PSS", 384),
  PS512: rsa("RSA-PSS", 512),
  ES256: { generation: { name: "ECDSA", namedCurve: "P-256" }, signing: { name: "ECDSA", hash: "SHA-256" } },
  ES384: { generation: { name: "ECDSA", namedCurve: "P-384" }, signing: { name: "ECDSA", hash: "SHA-384" } },
  ES512: { generation: { name: "ECDSA", namedCurve: "P-521" }, signing: { name: "ECDSA", hash: "SHA-512" } },
  EdDSA: { generation: { name: "Ed25519" }, signing: { name: "Ed25519" } },
};

export type TestAlgorithm = keyof typeof ALGORITHMS;

function rsa(name: "RSASSA-PKCS1-v1_5" | "RSA-PSS", bits: number) {
  const publicExponent = Uint8Array.of(1, 0, 1);
  return {
    generation: { name, hash: `SHA-${bits}`, modulusLength: 2048, publicExponent },
    signing: name === "RSA-PSS" ? { name, saltLength: bits / 8 } : { name },
  };
}

/** A key of an issuer of a test. */
export interface TestKey {
  readonly kid: string;
  readonly alg: TestAlgorithm;
  /** As an issuer publishes it. */
  readonly publicJwk: JsonWebKey & { readonly kid: string };
  /** As an issuer keeps it. */
  readonly privateJwk: JsonWebKey & { readonly kid: string };
  sign(text: string): Promise<string>;
}

/** Makes a key. */
export async function generateTestKey(kid: string, alg: TestAlgorithm = "ES256"): Promise<TestKey> {
  const { generation, signing } = ALGORITHMS[alg];
  const pair = await crypto.subtle.generateKey(generation, true, ["sign", "verify"]);
  if (!("privateKey" in pair)) throw new Error(`${alg} has no pair of keys`);
  const jwkOf = async (key: CryptoKey) => {
    // What the key may do is left out: issuers tell it by `use`.
    const { key_ops: _, ext: __, ...jwk } = await crypto.subtle.exportKey("jwk", key);
    return { ...jwk, kid, alg, use: "sig" };
  };
  return {
    ...{ kid, alg },
    publicJwk: await jwkOf(pair.publicKey),
    privateJwk: await jwkOf(pair.privateKey),
    async sign(text) {
      const signature = await crypto.subtle.sign(signing, pair.privateKey, new TextEncoder().encode(text));
      return Buffer.from(signature).toString("base64url");
    },
  };
}

/** Whatever can sign: a key, or a forger's idea of one. */
export type Sign = (text: string) => string | Promise<string>;

/** Puts a JWT together as it is asked for: no library would sign all that tests must show to be refused. */
export async function makeJwt(
  header: Readonly<Record<string, unknown>>,
  claims: unknown,
  sign: Sign,
): Promise<string> {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const text = `${part(header)}.${part(claims)}`;
  return `${text}.${await sign(text)}`;
}
