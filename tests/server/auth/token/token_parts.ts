import assert from "node:assert/strict";
import type { Identity, Verdict } from "../../../../server/auth/authenticator.ts";
import { createApiKey, type NewApiKey } from "../../../../server/auth/token/api_key.ts";
import { createTokenAuthenticator } from "../../../../server/auth/token/authenticator.ts";
import type { FileToken } from "../../../../server/auth/token/tokens_file.ts";
import { openDatabase } from "../../../../storage/embedded/database.ts";
import { createEmbeddedTokenStore } from "../../../../storage/embedded/token_store.ts";
import { StorageError } from "../../../../storage/errors.ts";
import type { TokenRecord, TokenStore } from "../../../../storage/token_store.ts";
import { manualClock } from "../../../contracts/manual_clock.ts";

/** A key with its record. */
export interface IssuedKey extends NewApiKey {
  readonly record: TokenRecord;
}

/** Makes a key, without adding it to a store. */
export function issue(given: Partial<TokenRecord> = {}): IssuedKey {
  const made = createApiKey();
  const { id, sha256 } = made;
  const record = {
    ...{ id, sha256, name: "alice", roles: ["operator"], createdAtMs: 1_790_000_000_000, expiresAtMs: undefined },
    ...given,
  };
  return { ...made, record };
}

/** A store in memory that can be away, and counts what it is asked. */
export function watchedStore() {
  const clock = manualClock();
  const database = openDatabase(":memory:");
  const store = createEmbeddedTokenStore(database, clock);
  const asked: string[] = [];
  let isAway = false;
  const find: TokenStore["find"] = (id) => {
    asked.push(id);
    return isAway ? Promise.reject(new StorageError("Away")) : store.find(id);
  };
  return {
    clock,
    store,
    find,
    asked,
    away: (value: boolean) => void (isAway = value),
    async add(given: Partial<TokenRecord> = {}): Promise<IssuedKey> {
      const issued = issue(given);
      await store.add(issued.record);
      return issued;
    },
    /** An authenticator over it, and over keys as a file has them. */
    authenticator(fileTokens: readonly FileToken[] = []) {
      const file = {
        find: (id: string) => fileTokens.find((token) => token.id === id),
        async [Symbol.asyncDispose]() {},
      };
      return createTokenAuthenticator({ store: { find }, file, clock });
    },
    [Symbol.dispose]: () => database.close(),
  };
}

/** What a verdict comes to. */
export function outcome(verdict: Verdict): string {
  if (verdict.kind === "accepted") return verdict.identity.principal.name;
  return verdict.kind === "refused" ? verdict.fault : verdict.kind;
}

/** The identity of an accepted credential. */
export function identityIn(verdict: Verdict): Identity {
  assert(verdict.kind === "accepted", verdict.kind);
  return verdict.identity;
}
