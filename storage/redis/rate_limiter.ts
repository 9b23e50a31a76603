import { RateLimiterRedis, RateLimiterRes } from "rate-limiter-flexible";
import type { Clock } from "../clock.ts";
import { checkPoints, checkWindow, createMemoryRateLimiter } from "../embedded/rate_limiter.ts";
import { StorageError } from "../errors.ts";
import type { RateBucket, RateDecision, RateLimiter } from "../rate_limiter.ts";
import type { RedisClient } from "./client.ts";
import type { RedisConnection } from "./connection.ts";

/** Pairs of limit and window in use at once; they come from the settings and the policy, so there are a few. */
const WINDOWS_MAX = 64;

export interface RedisRateLimiterOptions {
  /** How many replicas share the limits: while Redis is away each one allows its part. At least 1. */
  readonly replicas: number;
  /** For the count of this replica while Redis is away. */
  readonly clock: Clock;
}

/**
 * Counts in Redis under `rate_limit:<tool>:<principal>`, together with all other replicas and by Redis' clock.
 *
 * While Redis is away or too slow this replica counts by itself, at the limit divided by the number of replicas
 * (rounded down, at least 1); such a decision has `shared: false`. The connection stays open: its opener closes it.
 */
export function createRedisRateLimiter(redis: RedisConnection, options: RedisRateLimiterOptions): RateLimiter {
  return new RedisRateLimiter(redis, options);
}

class RedisRateLimiter implements RateLimiter {
  readonly #redis: RedisConnection;
  readonly #replicas: number;
  readonly #local: RateLimiter;
  readonly #limiters = new Map<string, RateLimiterRedis>();

  constructor(redis: RedisConnection, { replicas, clock }: RedisRateLimiterOptions) {
    this.#redis = redis;
    this.#replicas = replicas;
    this.#local = createMemoryRateLimiter(clock);
  }

  async take(bucket: RateBucket, limit: number, windowSeconds: number): Promise<RateDecision> {
    return await this.#together(
      bucket,
      limit,
      windowSeconds,
      (limiter, key) => consume(limiter, key),
      async (share) => ({ ...await this.#local.take(bucket, share, windowSeconds), shared: false }),
    );
  }

  async peek(bucket: RateBucket, limit: number, windowSeconds: number): Promise<RateDecision> {
    return await this.#together(
      bucket,
      limit,
      windowSeconds,
      (limiter, key) => look(limiter, key),
      async (share) => ({ ...await this.#local.peek(bucket, share, windowSeconds), shared: false }),
    );
  }

  async spend(bucket: RateBucket, points: number, limit: number, windowSeconds: number): Promise<void> {
    checkPoints(points);
    await this.#together(
      bucket,
      limit,
      windowSeconds,
      async (limiter, key) => void await limiter.penalty(key, points),
      (share) => this.#local.spend(bucket, points, share, windowSeconds),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#local[Symbol.asyncDispose]();
  }

  /** Counts in Redis or, while it is away, in this replica, which then has its share of the limit. */
  async #together<T>(
    bucket: RateBucket,
    limit: number,
    windowSeconds: number,
    inRedis: (limiter: RateLimiterRedis, key: string) => Promise<T>,
    alone: (share: number) => Promise<T>,
  ): Promise<T> {
    checkWindow(limit, windowSeconds);
    const key = `${bucket.tool}:${bucket.principal}`;
    try {
      return await this.#redis.run(
        `count a call of ${JSON.stringify(key)}`,
        (client) => inRedis(this.#limiter(client, limit, windowSeconds), key),
      );
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      return await alone(Math.max(1, Math.floor(limit / this.#replicas)));
    }
  }

  #limiter(client: RedisClient, limit: number, windowSeconds: number): RateLimiterRedis {
    const name = `${limit}/${windowSeconds}`;
    let limiter = this.#limiters.get(name);
    if (!limiter) {
      if (this.#limiters.size === WINDOWS_MAX) this.#limiters.clear();
      limiter = new RateLimiterRedis({
        storeClient: client,
        keyPrefix: "rate_limit",
        points: limit,
        duration: windowSeconds,
      });
      this.#limiters.set(name, limiter);
    }
    return limiter;
  }
}

/** The library rejects with a result where the limit is reached, and with an error where it could not count. */
async function consume(limiter: RateLimiterRedis, key: string): Promise<RateDecision> {
  try {
    return decide(true, limiter.points, await limiter.consume(key));
  } catch (result) {
    if (result instanceof RateLimiterRes) return decide(false, limiter.points, result);
    throw result;
  }
}

async function look(limiter: RateLimiterRedis, key: string): Promise<RateDecision> {
  const result = await limiter.get(key);
  if (!result) {
    const { points, duration } = limiter;
    return { allowed: true, limit: points, remaining: points, resetMs: duration * 1000, shared: true };
  }
  return decide(result.consumedPoints < limiter.points, limiter.points, result);
}

function decide(allowed: boolean, limit: number, result: RateLimiterRes): RateDecision {
  return { allowed, limit, remaining: result.remainingPoints, resetMs: result.msBeforeNext, shared: true };
}
