import { timingSafeEqual } from "node:crypto";
import type { FileToken } from "./tokens_file.ts";

/** What a key that is not there is compared with: no digest is known to be of nothing but zeros. */
const NO_DIGEST = new Uint8Array(64);

/** Kept digests as bytes: they are compared for each request. */
const keptDigests = new WeakMap<FileToken, Uint8Array>();

/**
 * Whether a credential is the key, told in constant time, and as slowly where there is no key as where it is another.
 *
 * @param digest the credential's SHA-256 in 64 hex digits
 */
export function matches(token: FileToken | undefined, digest: string): token is FileToken {
  const kept = token ? keptDigestOf(token) : NO_DIGEST;
  return timingSafeEqual(kept, bytesOf(digest)) && kept !== NO_DIGEST;
}

function keptDigestOf(token: FileToken): Uint8Array {
  let kept = keptDigests.get(token);
  if (!kept) {
    kept = token.sha256.length === NO_DIGEST.length ? bytesOf(token.sha256) : NO_DIGEST;
    keptDigests.set(token, kept);
  }
  return kept;
}

/** Of ASCII text; for so short a text Buffer takes several times as long. */
function bytesOf(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}
