import { createHash } from "node:crypto";
import type { Clock } from "../../../storage/clock.ts";
import type { Identity } from "../authenticator.ts";

/** Tokens found right a moment ago, by their digest: no token stays in memory for it. */
export interface VerifiedCache {
  get(reference: string): Identity | undefined;
  /** Under the identity's own reference. */
  put(identity: Identity & { readonly expiresAtMs: number }): void;
}

/** A key or a token that its issuer takes back is noticed after this. */
const TTL_MS = 60_000;
/** Of one identity some 500 bytes. */
const ENTRIES_MAX = 10_000;

/** Remembers identities for a minute at most, and never beyond their own end. */
export function createVerifiedCache(clock: Clock, entriesMax = ENTRIES_MAX): VerifiedCache {
  // In the order of their coming: the first is the oldest.
  const entries = new Map<string, { readonly identity: Identity; readonly untilMs: number }>();

  return {
    get(reference) {
      const entry = entries.get(reference);
      if (!entry) return undefined;
      const { identity, untilMs } = entry;
      // The wall clock may step: the minute is measured by the other one.
      if (clock.elapsed() < untilMs && clock.now() < (identity.expiresAtMs ?? Infinity)) return identity;
      entries.delete(reference);
      return undefined;
    },

    put(identity) {
      entries.delete(identity.reference);
      const oldest = entries.size >= entriesMax ? entries.keys().next().value : undefined;
      if (oldest !== undefined) entries.delete(oldest);
      entries.set(identity.reference, { identity, untilMs: clock.elapsed() + TTL_MS });
    },
  };
}

/** What a token is known by: its SHA-256. */
export function referenceOf(credential: string): string {
  return createHash("sha256").update(credential).digest("base64url");
}
