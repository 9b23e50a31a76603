import { hash, randomBytes, randomInt } from "node:crypto";

/** `mcp_<id>_<secret>`: scanners for leaked secrets know a key by its prefix, a store finds it by its id. */
const API_KEY = /^mcp_([a-z0-9]{16})_[A-Za-z0-9_-]{43}$/;
const ID_CHARS = "abcdefghijklmnopqrstuvwxyz0123456789";
const ID_LENGTH = 16;
const SECRET_BYTES = 32;

/** What an API key looks like, for messages that must not repeat one. */
export const API_KEY_FORM = "mcp_<id>_<secret>";

/** A key as it is handed out, once. */
export interface NewApiKey {
  readonly id: string;
  /** The secret itself. */
  readonly key: string;
  readonly sha256: string;
}

/** Makes a key of 256 random bits. */
export function createApiKey(): NewApiKey {
  const id = Array.from({ length: ID_LENGTH }, () => ID_CHARS[randomInt(ID_CHARS.length)]).join("");
  const key = `mcp_${id}_${randomBytes(SECRET_BYTES).toString("base64url")}`;
  return { id, key, sha256: digestOf(key) };
}

/** The id within a key; `undefined` where the text has not the form of one, to the letter. */
export function idOf(key: string): string | undefined {
  return API_KEY.exec(key)?.[1];
}

/** SHA-256 in 64 hex digits. The key's 256 random bits need no salt and no slow hash. */
export function digestOf(key: string): string {
  return hash("sha256", key, "hex");
}
