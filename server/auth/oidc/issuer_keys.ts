import type { CryptoKey, FlattenedJWSInput, JWSHeaderParameters } from "jose";
import type { Clock } from "../../../storage/clock.ts";

/**
 * Finds the key that a token names.
 *
 * @throws jose's error with code `ERR_JWKS_NO_MATCHING_KEY` when there is none.
 */
export type FindKey = (header?: JWSHeaderParameters, token?: FlattenedJWSInput) => Promise<CryptoKey>;

export interface IssuerKeysOptions {
  /** Reads the keys from the issuer. */
  readonly read: () => Promise<FindKey>;
  readonly clock: Pick<Clock, "elapsed">;
  /** Told once when reading begins to fail. */
  readonly onOutage: (error: unknown) => void;
  readonly onRecovery: () => void;
}

/** Keys this old are read again: the issuer may have taken one back. */
const FRESH_MS = 600_000;
/** Keys that cannot be read again are used so long. An access token lives about as long: then the last ones are gone. */
const USABLE_MS = 3_600_000;
/** Between two readings for keys that are not known: whoever makes up key ids causes no more of them. */
const COOLDOWN_MS = 30_000;
/** After a failed reading; it doubles with each further one. */
const BACKOFF_MS = 1_000;
const BACKOFF_MS_MAX = 60_000;

/**
 * Keeps an issuer's keys. jose's own `createRemoteJWKSet` is not used: it would fetch for every token while the issuer
 * is away, and would let go of good keys then.
 *
 * @returns finds a key; throws what `read` throws where that stands in the way.
 */
export function createIssuerKeys({ read, clock, onOutage, onRecovery }: IssuerKeysOptions): FindKey {
  let known: { readonly find: FindKey; readonly readAtMs: number } | undefined;
  let outage: { readonly error: unknown; readonly failures: number; readonly retryAtMs: number } | undefined;
  let reading: Promise<FindKey> | undefined;

  /** All that ask at once share one reading. */
  function readAgain(): Promise<FindKey> {
    if (outage && clock.elapsed() < outage.retryAtMs) return Promise.reject(outage.error);
    return reading ??= readNow().finally(() => reading = undefined);
  }

  async function readNow(): Promise<FindKey> {
    try {
      const find = await read();
      known = { find, readAtMs: clock.elapsed() };
      if (outage) onRecovery();
      outage = undefined;
      return find;
    } catch (error) {
      if (!outage) onOutage(error);
      const failures = (outage?.failures ?? 0) + 1;
      const delayMs = Math.min(BACKOFF_MS * 2 ** (failures - 1), BACKOFF_MS_MAX);
      outage = { error, failures, retryAtMs: clock.elapsed() + delayMs };
      throw error;
    }
  }

  async function current(): Promise<FindKey> {
    const ageMs = known ? clock.elapsed() - known.readAtMs : Infinity;
    if (known && ageMs < FRESH_MS) return known.find;
    try {
      return await readAgain();
    } catch (error) {
      if (known && ageMs < USABLE_MS) return known.find;
      throw error;
    }
  }

  return async (header, token) => {
    const find = await current();
    try {
      return await find(header, token);
    } catch (error) {
      if (!isUnknownKey(error)) throw error;
      // Somebody else has read them meanwhile.
      if (known && known.find !== find) return await known.find(header, token);
      if (known && clock.elapsed() - known.readAtMs < COOLDOWN_MS) throw error;
      return await (await readAgain())(header, token);
    }
  };
}

function isUnknownKey(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ERR_JWKS_NO_MATCHING_KEY";
}
