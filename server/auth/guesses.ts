import type { RateLimiter } from "../../storage/rate_limiter.ts";
import { addressGroup } from "./address.ts";

const WINDOW_SECONDS = 60;

export interface GuessLimits {
  /** Requests a minute and address before their credential is looked at; 0 = no limit. */
  readonly requestsPerMinute: number;
  /** Refused credentials a minute and address before it is locked out; at least 1. */
  readonly failuresMax: number;
  readonly lockoutSeconds: number;
}

/** Bounds what an address may try; counted by all replicas together. */
export interface Guesses {
  /** Counts a request. @returns milliseconds to wait, where there were too many. */
  request(address: string | undefined): Promise<number | undefined>;
  /** @returns milliseconds until the address may try a credential again, where it is locked out. */
  locked(address: string | undefined): Promise<number | undefined>;
  /** Counts a refused credential. @returns milliseconds to wait, where the address was locked out meanwhile. */
  failed(address: string | undefined): Promise<number | undefined>;
}

export function createGuesses(limiter: Omit<RateLimiter, typeof Symbol.asyncDispose>, limits: GuessLimits): Guesses {
  const { requestsPerMinute, failuresMax, lockoutSeconds } = limits;
  // No tool is called so. Callers without an address are counted as one.
  const bucket = (tool: "auth.requests" | "auth.failures" | "auth.lockout", address: string | undefined) => ({
    tool,
    principal: addressGroup(address ?? "unknown"),
  });

  const locked = async (address: string | undefined) => {
    const { allowed, resetMs } = await limiter.peek(bucket("auth.lockout", address), 1, lockoutSeconds);
    return allowed ? undefined : resetMs;
  };

  return {
    async request(address) {
      if (requestsPerMinute === 0) return undefined;
      const counted = await limiter.take(bucket("auth.requests", address), requestsPerMinute, WINDOW_SECONDS);
      return counted.allowed ? undefined : counted.resetMs;
    },
    locked,
    async failed(address) {
      const { allowed, remaining } = await limiter.take(bucket("auth.failures", address), failuresMax, WINDOW_SECONDS);
      if (remaining > 0) return undefined;
      // The last failure that is allowed is told as one; what was under way beside it learns nothing any more.
      if (allowed) await limiter.spend(bucket("auth.lockout", address), 1, 1, lockoutSeconds);
      return allowed ? undefined : await locked(address) ?? lockoutSeconds * 1000;
    },
  };
}
