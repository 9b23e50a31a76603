import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { generateKeyPairSync } from "node:crypto";
import { createSigner, isPublicKey, isSigned, publicKeyOf } from "../../../storage/audit/signing.ts";
import {
  generateSigningKey,
  parsePublicKeys,
  parseSigningKey,
  printPrivateKey,
  printPublicKey,
} from "../../../storage/audit/signing_key.ts";

/** RFC 8032, section 7.1, test 2: seed, public key, message, signature. */
const RFC_SEED = "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb";
const RFC_PUBLIC = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";
const RFC_SIGNATURE = "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da" +
  "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00";

Deno.test("signatures are those of RFC 8032", () => {
  const key = parseSigningKey(Buffer.from(RFC_SEED, "hex").toString("base64"));
  assert(key);
  const signer = createSigner(key);
  assert.equal(signer.publicKey, RFC_PUBLIC);
  assert.equal(signer.sign("r"), RFC_SIGNATURE);
  assert(isSigned("r", RFC_PUBLIC, RFC_SIGNATURE));
});

Deno.test("a signature holds for its text and its key alone", () => {
  const signer = createSigner(generateSigningKey());
  const other = createSigner(generateSigningKey());
  const signature = signer.sign("text");
  assert.equal(isSigned("text", signer.publicKey, signature), true);
  const wrong: readonly (readonly [text: string, publicKey: string, signature: string])[] = [
    ["text ", signer.publicKey, signature],
    ["text", other.publicKey, signature],
    ["text", signer.publicKey, other.sign("text")],
    ["text", signer.publicKey, ""],
    ["text", signer.publicKey, signature.toUpperCase()],
    ["text", signer.publicKey, `${signature}00`],
    ["text", "", signature],
    ["text", "ff".repeat(32), signature],
    ["text", "not a key", signature],
  ];
  for (const each of wrong) assert.equal(isSigned(...each), false, JSON.stringify(each));
});

Deno.test("a private key is read from PEM, from PEM on one line, out of keygen's output, and from its seed", () => {
  const key = generateSigningKey();
  const pem = printPrivateKey(key);
  const seed = key.export({ type: "pkcs8", format: "der" }).subarray(-32).toString("base64");
  const forms = [
    pem,
    pem.trim().replaceAll("\n", "\\n"),
    `${pem}${printPublicKey(key)}Public key: x\n`,
    seed,
    ` ${seed}\n`,
  ];
  for (const form of forms) {
    const read = parseSigningKey(form);
    assert(read, form);
    assert.equal(publicKeyOf(read), publicKeyOf(key));
  }
});

Deno.test("what is no Ed25519 private key is none", () => {
  const ec = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ type: "pkcs8", format: "pem" });
  const wrong = [
    "",
    "key",
    "A".repeat(44),
    printPublicKey(generateSigningKey()),
    String(ec),
    "-----BEGIN PRIVATE KEY-----",
  ];
  for (const text of wrong) assert.equal(parseSigningKey(text), undefined, text);
});

Deno.test("public keys are read from PEM of either half and from hex, all or none", () => {
  const keys = [generateSigningKey(), generateSigningKey()] as const;
  const hex = keys.map(publicKeyOf);
  assert(hex.every(isPublicKey));
  assert.deepEqual(parsePublicKeys(printPublicKey(keys[0]) + printPrivateKey(keys[1])), hex);
  assert.deepEqual(parsePublicKeys(`${hex.join("\n")}\n\n`), hex);
  const ec = generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey.export({ type: "spki", format: "pem" });
  for (const text of ["", "\n", "key", `${hex[0]}\nkey`, hex[0]?.toUpperCase() ?? "", printPublicKey(keys[0]) + ec]) {
    assert.equal(parsePublicKeys(text), undefined, text);
  }
});
