/** What is counted together: `rate_limit:<tool>:<principal>` in Redis. */
export interface RateBucket {
  readonly tool: string;
  readonly principal: string;
}

/** The answer to one request to go on. */
export interface RateDecision {
  readonly allowed: boolean;
  /** Calls allowed a window. */
  readonly limit: number;
  /** Calls left in this window. */
  readonly remaining: number;
  /** Milliseconds until the window ends and the count starts anew. */
  readonly resetMs: number;
  /** Whether all replicas counted together; false while the shared store is away and this replica counts its share. */
  readonly shared: boolean;
}

/** Fixed-window counters. Never throws for a store that is away: it then counts locally at a share of the limit. */
export interface RateLimiter extends AsyncDisposable {
  /**
   * Counts one call.
   * @param limit calls a window, at least 1
   * @param windowSeconds whole seconds, at least 1
   */
  take(bucket: RateBucket, limit: number, windowSeconds: number): Promise<RateDecision>;
  /** What `take` would say, without counting: not allowed where the limit is used up. */
  peek(bucket: RateBucket, limit: number, windowSeconds: number): Promise<RateDecision>;
  /**
   * Counts what is known only afterwards, beyond the limit too.
   * @param points whole, at least 0
   */
  spend(bucket: RateBucket, points: number, limit: number, windowSeconds: number): Promise<void>;
}
