import type { RateDecision } from "../storage/rate_limiter.ts";

/** The limiter's decision as HTTP headers (draft-ietf-httpapi-ratelimit-headers), `Retry-After` where it refused. */
export function rateHeaders(
  { allowed, limit, remaining, resetMs }: RateDecision,
  windowSeconds: number,
): Record<string, string> {
  const seconds = String(Math.max(1, Math.ceil(resetMs / 1000)));
  return {
    "RateLimit-Policy": `"default";q=${limit};w=${windowSeconds}`,
    "RateLimit": `"default";r=${remaining};t=${seconds}`,
    ...(!allowed && { "Retry-After": seconds }),
  };
}
