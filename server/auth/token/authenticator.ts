import type { Clock } from "../../../storage/clock.ts";
import type { TokenStore } from "../../../storage/token_store.ts";
import type { Authenticator, Identity, Verdict } from "../authenticator.ts";
import { API_KEY_FORM, digestOf, idOf } from "./api_key.ts";
import { matches } from "./digest_match.ts";
import { createRecentTokens } from "./recent_tokens.ts";
import type { FileToken } from "./tokens_file.ts";
import type { TokensFile } from "./watched_file.ts";

export interface TokenAuthenticatorOptions {
  readonly store: Pick<TokenStore, "find">;
  /** Keys beside those of the store, by `openTokensFile`; it is disposed with the authenticator. */
  readonly file: Pick<TokensFile, "find" | typeof Symbol.asyncDispose> | undefined;
  readonly clock: Clock;
}

/** Where a key is kept. One of the file is none of the store's, and the other way round. */
type Source = "file" | "store";

/**
 * Tells callers by API keys. A key is looked for in the file, then among those that the store gave in the last 5 s, then
 * in the store; that a key is unknown is remembered nowhere, so that a new one works at once.
 */
export function createTokenAuthenticator({ store, file, clock }: TokenAuthenticatorOptions): Authenticator {
  const recent = createRecentTokens(store, clock);

  /** The key as it is known here, without asking. */
  function known(id: string, digest: string): readonly [token: FileToken, source: Source] | undefined {
    const inFile = file?.find(id);
    if (file && matches(inFile, digest)) return [inFile, "file"];
    const inStore = recent.find(id);
    return matches(inStore, digest) ? [inStore, "store"] : undefined;
  }

  function isOver({ expiresAtMs }: Pick<Identity, "expiresAtMs">): boolean {
    return expiresAtMs !== undefined && expiresAtMs <= clock.now();
  }

  function judge(token: FileToken, source: Source): Verdict {
    return isOver(token)
      ? { kind: "refused", fault: "expired", description: "The API key has expired" }
      : { kind: "accepted", identity: identityOf(token, source) };
  }

  function agrees(token: FileToken | undefined, source: Source, identity: Identity): boolean {
    if (token === undefined || isOver(token)) return false;
    const now = identityOf(token, source);
    return now === identity || isSame(now, identity);
  }

  return {
    mode: "token",
    challenge: {},

    verified(credential) {
      const id = idOf(credential);
      if (id === undefined) return undefined;
      const [token, source] = known(id, digestOf(credential)) ?? [];
      return token && source && !isOver(token) ? identityOf(token, source) : undefined;
    },

    async verify(credential) {
      const id = idOf(credential);
      if (id === undefined) {
        const description = `Expected an API key of the form ${API_KEY_FORM}`;
        return { kind: "refused", fault: "malformed", description };
      }
      const digest = digestOf(credential);
      const here = known(id, digest);
      if (here) return judge(...here);
      try {
        const found = await recent.ask(id, (token) => matches(token, digest));
        if (found) return judge(found, "store");
        return { kind: "refused", fault: "unknown", description: "The API key is not known, or no longer" };
      } catch (cause) {
        return { kind: "unavailable", description: "API keys cannot be looked up at the moment", cause };
      }
    },

    holds(identity) {
      const [, source, id] = REFERENCE.exec(identity.reference) ?? [];
      if (id === undefined || isOver(identity)) return false;
      if (source === "file") return agrees(file?.find(id), "file", identity);
      const inStore = recent.find(id);
      if (inStore) return agrees(inStore, "store", identity);
      return recent.askTogether(id).then(
        (token) => agrees(token, "store", identity),
        () => true,
      );
    },

    async [Symbol.asyncDispose]() {
      await file?.[Symbol.asyncDispose]();
    },
  };
}

/** `<source>:<id>:<part of the digest>`, by which a key is told from another one that has its id later. */
const REFERENCE = /^(file|store):([a-z0-9]{16}):[0-9a-f]{16}$/;

/** A key has one identity as long as it is the same object: the policy keeps what it works out for a principal. */
const identities = new WeakMap<FileToken, Identity>();

function identityOf(token: FileToken, source: Source): Identity {
  let identity = identities.get(token);
  if (!identity) {
    const { id, sha256, name, roles, expiresAtMs } = token;
    identity = {
      principal: { name, authMethod: "token", roles },
      expiresAtMs,
      reference: `${source}:${id}:${sha256.slice(0, 16)}`,
    };
    identities.set(token, identity);
  }
  return identity;
}

/** Whether a key still stands for what it stood for; its end may have come nearer. */
function isSame(
  { reference, principal: { name, roles } }: Identity,
  { principal: earlier, ...rest }: Identity,
): boolean {
  return reference === rest.reference && name === earlier.name && roles.length === earlier.roles.length &&
    roles.every((role, index) => role === earlier.roles[index]);
}
