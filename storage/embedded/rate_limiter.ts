import type { Clock } from "../clock.ts";
import type { RateBucket, RateDecision, RateLimiter } from "../rate_limiter.ts";

/** Buckets kept at once of one length of window, some 10 MB; beyond that the oldest is forgotten, and starts anew. */
const BUCKETS_MAX = 50_000;

interface Window {
  count: number;
  readonly endMs: number;
}

/**
 * Counts in this process, which is all there is without Redis: its decisions are `shared`.
 *
 * (rate-limiter-flexible's own counter in memory holds a timer for each key, without a bound.)
 */
export function createMemoryRateLimiter(clock: Pick<Clock, "elapsed">): RateLimiter {
  return new MemoryRateLimiter(clock);
}

/** @throws {RangeError} when limit or window is no whole number of at least 1. */
export function checkWindow(limit: number, windowSeconds: number): void {
  checkCount("limit", limit);
  checkCount("windowSeconds", windowSeconds);
}

function checkCount(name: string, value: number): void {
  if (Number.isSafeInteger(value) && value >= 1) return;
  throw new RangeError(`Cannot count calls: expected ${name} to be a whole number of at least 1, got ${value}`);
}

/** @throws {RangeError} when it is no whole number of at least 0: less would give back what others have used. */
export function checkPoints(points: number): void {
  if (Number.isSafeInteger(points) && points >= 0) return;
  throw new RangeError(`Cannot spend: expected a whole number of at least 0, got ${points}`);
}

class MemoryRateLimiter implements RateLimiter {
  readonly #clock: Pick<Clock, "elapsed">;
  /**
   * By their length in seconds, each in the order in which its windows began and so will end: a budget of an hour is
   * not forgotten for a flood of minutes. Lengths come from the settings, so there are a few.
   */
  readonly #windows = new Map<number, Map<string, Window>>();

  constructor(clock: Pick<Clock, "elapsed">) {
    this.#clock = clock;
  }

  take(bucket: RateBucket, limit: number, windowSeconds: number): Promise<RateDecision> {
    return Promise.try(() => this.#count(bucket, limit, windowSeconds));
  }

  peek({ tool, principal }: RateBucket, limit: number, windowSeconds: number): Promise<RateDecision> {
    return Promise.try(() => {
      checkWindow(limit, windowSeconds);
      const nowMs = this.#clock.elapsed();
      const current = this.#windows.get(windowSeconds)?.get(`${tool}:${principal}`);
      const window = current && current.endMs > nowMs ? current : { count: 0, endMs: nowMs + windowSeconds * 1000 };
      return decide(window, window.count < limit, limit, nowMs);
    });
  }

  spend(bucket: RateBucket, points: number, limit: number, windowSeconds: number): Promise<void> {
    return Promise.try(() => {
      checkPoints(points);
      this.#count(bucket, limit, windowSeconds, points);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  #count({ tool, principal }: RateBucket, limit: number, windowSeconds: number, points = 1): RateDecision {
    checkWindow(limit, windowSeconds);
    const nowMs = this.#clock.elapsed();
    const window = this.#window(`${tool}:${principal}`, nowMs, windowSeconds);
    window.count += points;
    return decide(window, window.count <= limit, limit, nowMs);
  }

  #window(key: string, nowMs: number, windowSeconds: number): Window {
    let windows = this.#windows.get(windowSeconds);
    if (!windows) this.#windows.set(windowSeconds, windows = new Map());
    const current = windows.get(key);
    if (current && current.endMs > nowMs) return current;
    windows.delete(key);
    for (const [oldest, { endMs }] of windows) {
      if (endMs > nowMs && windows.size < BUCKETS_MAX) break;
      windows.delete(oldest);
    }
    const window = { count: 0, endMs: nowMs + windowSeconds * 1000 };
    windows.set(key, window);
    return window;
  }
}

function decide({ count, endMs }: Window, allowed: boolean, limit: number, nowMs: number): RateDecision {
  return {
    allowed,
    limit,
    remaining: Math.max(0, limit - count),
    resetMs: Math.ceil(endMs - nowMs),
    shared: true,
  };
}
