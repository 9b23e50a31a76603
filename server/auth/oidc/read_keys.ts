import { discoverKeysUrl } from "./discovery.ts";
import { IssuerError } from "./issuer_error.ts";
import type { IssuerFetch } from "./issuer_fetch.ts";
import type { FindKey } from "./issuer_keys.ts";

/**
 * Builds what reads an issuer's keys. Where the keys were found first, on which host, is where they stay until the
 * server starts anew: metadata that a cache or a careless host name has spoiled names no other place.
 *
 * @throws {IssuerError} when they cannot be read.
 */
export function createKeyReader(issuer: string, fetchJson: IssuerFetch): () => Promise<FindKey> {
  let pinnedOrigin: string | undefined;

  return async () => {
    const url = await discoverKeysUrl(issuer, fetchJson);
    if (pinnedOrigin !== undefined && url.origin !== pinnedOrigin) {
      throw new IssuerError(
        `The keys of the issuer "${issuer}" moved from ${pinnedOrigin} to ${url.origin}: restart to take them there`,
      );
    }
    const keys = await fetchJson(url);
    const { createLocalJWKSet } = await import("jose");
    try {
      // jose looks at it itself, and throws where it is no set of keys.
      const find = createLocalJWKSet(keys as Parameters<typeof createLocalJWKSet>[0]);
      pinnedOrigin = url.origin;
      return find;
    } catch (cause) {
      throw new IssuerError(`${url.href} is no JSON Web Key Set`, { cause });
    }
  };
}
