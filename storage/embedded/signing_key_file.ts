import { type KeyObject, randomUUID } from "node:crypto";
import { existsSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { generateSigningKey, parseSigningKey, printPrivateKey } from "../audit/signing_key.ts";
import { StorageError } from "../errors.ts";

/** The key's file in the folder of the embedded stores. */
export const SIGNING_KEY_FILE = "audit-signing-key.pem";

/**
 * The key in a folder, as PKCS#8 in PEM; made where there is none, for its owner's eyes alone (mode 0600).
 *
 * @throws {StorageError} when it cannot be read, written or is no Ed25519 key.
 */
export function keepSigningKey(folder: string): KeyObject {
  const path = join(folder, SIGNING_KEY_FILE);
  const text = read(path) ?? make(folder, path);
  const key = parseSigningKey(text);
  if (key) return key;
  throw new StorageError(`Cannot use the signing key ${JSON.stringify(path)}: expected an Ed25519 private key in PEM`);
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return undefined;
    throw new StorageError(`Cannot read the signing key ${JSON.stringify(path)}`, { cause });
  }
}

/** Two processes may start at once: the file is there whole or not at all, and both read the one that won. */
function make(folder: string, path: string): string {
  const draft = `${path}.${randomUUID()}`;
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(draft, printPrivateKey(generateSigningKey()), { mode: 0o600, flag: "wx" });
    try {
      linkSync(draft, path);
    } catch {
      // The other process was faster, or the file system knows no links.
      if (!existsSync(path)) renameSync(draft, path);
    } finally {
      rmSync(draft, { force: true });
    }
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new StorageError(`Cannot write the signing key ${JSON.stringify(path)}`, { cause });
  }
}
