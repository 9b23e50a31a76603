import type { JWTPayload } from "jose";
import type { Clock } from "../../../storage/clock.ts";
import type { Principal } from "../../../tools/call_context.ts";
import type { Log } from "../../log.ts";
import type { Authenticator, Verdict } from "../authenticator.ts";
import { verifyAccessToken } from "./access_token.ts";
import { ClaimError, nameAt, wordsAt } from "./claims.ts";
import { createIssuerFetch } from "./issuer_fetch.ts";
import { createIssuerKeys } from "./issuer_keys.ts";
import { createKeyReader } from "./read_keys.ts";
import { createVerifiedCache, referenceOf } from "./verified_cache.ts";

export interface OidcOptions {
  /** Its URL to the letter, as its tokens and its metadata have it. */
  readonly issuer: string;
  /** What a token must be meant for, to the letter. */
  readonly audience: string;
  /** What every token must be granted. */
  readonly scopes: readonly string[];
  readonly nameClaim: string;
  readonly rolesClaim: string;
  readonly groupsClaim: string;
  readonly clockSkewSeconds: number;
  /** URL of the protected resource's metadata. */
  readonly resourceMetadata: string;
  readonly clock: Clock;
  readonly log: Pick<Log, "info" | "warn">;
  /** Milliseconds that one answer of the issuer may take; 5000 where left out. */
  readonly fetchTimeoutMs?: number;
}

/** Of each of the issuer's documents; a set of keys with their certificates has some 20 KiB. */
const DOCUMENT_BYTES_MAX = 262_144;
const NAME_CHARS_MAX = 128;
const ROLES_MAX = { count: 64, chars: 128 };
/** Entra puts up to 200 into a token. */
const GROUPS_MAX = { count: 256, chars: 128 };
const SCOPES_MAX = { count: 256, chars: 256 };

/** Tells callers by access tokens of one issuer (OAuth 2.1). It is asked for its keys when the first token comes. */
export function createOidcAuthenticator(options: OidcOptions): Authenticator {
  const { issuer, scopes, clockSkewSeconds, resourceMetadata, clock, log } = options;
  const end = new AbortController();
  const fetchJson = createIssuerFetch({
    signal: end.signal,
    timeoutMs: options.fetchTimeoutMs ?? 5000,
    bytesMax: DOCUMENT_BYTES_MAX,
  });
  const findKey = createIssuerKeys({
    read: createKeyReader(issuer, fetchJson),
    clock,
    onOutage: (error) => log.warn("The issuer's keys cannot be read; retrying", { issuer, error }),
    onRecovery: () => log.info("The issuer's keys are read again", { issuer }),
  });
  const cache = createVerifiedCache(clock);

  async function check(credential: string, reference: string): Promise<Verdict> {
    const checked = await verifyAccessToken(credential, clock.now(), { ...options, findKey });
    if (checked.kind === "refused") return checked;
    const { claims } = checked;
    const granted = wordsAt(claims, "scope", SCOPES_MAX) ?? wordsAt(claims, "scp", SCOPES_MAX) ?? [];
    const lacking = scopes.filter((scope) => !granted.includes(scope));
    if (lacking.length > 0) {
      return { kind: "insufficient_scope", description: `The access token lacks the scope ${lacking.join(" ")}` };
    }
    const identity = {
      principal: principalOf(claims, options),
      // It was taken until here, and so it holds.
      expiresAtMs: (claims.exp + clockSkewSeconds) * 1000,
      reference,
    };
    cache.put(identity);
    return { kind: "accepted", identity };
  }

  return {
    mode: "oidc",
    verified: (credential) => cache.get(referenceOf(credential)),

    async verify(credential) {
      const reference = referenceOf(credential);
      const known = cache.get(reference);
      if (known) return { kind: "accepted", identity: known };
      try {
        return await check(credential, reference);
      } catch (error) {
        if (error instanceof ClaimError) return { kind: "refused", fault: "claims", description: error.message };
        return { kind: "unavailable", description: "The issuer's keys cannot be read", cause: error };
      }
    },

    // A JWT is not taken back before its end.
    holds: ({ expiresAtMs }) => expiresAtMs === undefined || clock.now() < expiresAtMs,

    challenge: { resourceMetadata, ...(scopes.length > 0 && { scope: scopes.join(" ") }) },

    [Symbol.asyncDispose]() {
      end.abort();
      return Promise.resolve();
    },
  };
}

function principalOf(claims: JWTPayload, { nameClaim, rolesClaim, groupsClaim }: OidcOptions): Principal {
  const groups = wordsAt(claims, groupsClaim, GROUPS_MAX);
  return {
    name: nameAt(claims, nameClaim, NAME_CHARS_MAX),
    authMethod: "oidc",
    roles: wordsAt(claims, rolesClaim, ROLES_MAX) ?? [],
    ...(groups && { groups }),
  };
}
