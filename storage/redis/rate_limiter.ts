import process from "node:process";
import type { Clock } from "../clock.ts";
import { checkPoints, checkWindow, createMemoryRateLimiter } from "../embedded/rate_limiter.ts";
import { StorageError } from "../errors.ts";
import type { RateBucket, RateDecision, RateLimiter } from "../rate_limiter.ts";
import type { RedisClient } from "./client.ts";
import type { RedisConnection } from "./connection.ts";
import { RateLimiterRedis } from "./rate_limiter_flexible.ts";

/** Pairs of limit and window in use at once; they come from the settings and the policy, so there are a few. */
const WINDOWS_MAX = 64;

/** Calls of one bucket that came in one turn of the event loop: Redis is asked to count them once. */
interface Turn {
  calls: number;
  /** The bucket's count with all of them; rejects as Redis does. */
  readonly counted: Promise<Counted>;
}

interface Counted {
  readonly count: number;
  readonly resetMs: number;
}

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
  /** By limit, window and bucket. */
  readonly #turns = new Map<string, Turn>();

  constructor(redis: RedisConnection, { replicas, clock }: RedisRateLimiterOptions) {
    this.#redis = redis;
    this.#replicas = replicas;
    this.#local = createMemoryRateLimiter(clock);
  }

  /** The places of a turn's calls are those in which they came. */
  async take(bucket: RateBucket, limit: number, windowSeconds: number): Promise<RateDecision> {
    checkWindow(limit, windowSeconds);
    const name = `${limit}/${windowSeconds}/${keyOf(bucket)}`;
    let turn = this.#turns.get(name);
    if (!turn) this.#turns.set(name, turn = this.#newTurn(name, bucket, limit, windowSeconds));
    const place = ++turn.calls;
    let counted: Counted;
    try {
      counted = await turn.counted;
    } catch (error) {
      const share = this.#shareOf(limit, error);
      return { ...await this.#local.take(bucket, share, windowSeconds), shared: false };
    }
    const own = counted.count - turn.calls + place;
    return {
      allowed: own <= limit,
      limit,
      remaining: Math.max(0, limit - own),
      resetMs: counted.resetMs,
      shared: true,
    };
  }

  async peek(bucket: RateBucket, limit: number, windowSeconds: number): Promise<RateDecision> {
    return await this.#together(
      limit,
      windowSeconds,
      () => this.#ask(bucket, limit, windowSeconds, look),
      async (share) => ({ ...await this.#local.peek(bucket, share, windowSeconds), shared: false }),
    );
  }

  async spend(bucket: RateBucket, points: number, limit: number, windowSeconds: number): Promise<void> {
    checkPoints(points);
    await this.#together(
      limit,
      windowSeconds,
      async () => {
        await this.#ask(bucket, limit, windowSeconds, (limiter, key) => limiter.penalty(key, points));
      },
      (share) => this.#local.spend(bucket, points, share, windowSeconds),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#local[Symbol.asyncDispose]();
  }

  /** Counts in Redis or, while it is away, in this replica, which then has its share of the limit. */
  async #together<T>(
    limit: number,
    windowSeconds: number,
    inRedis: () => Promise<T>,
    alone: (share: number) => Promise<T>,
  ): Promise<T> {
    checkWindow(limit, windowSeconds);
    try {
      return await inRedis();
    } catch (error) {
      return await alone(this.#shareOf(limit, error));
    }
  }

  /** What this replica allows of a limit while Redis cannot count. @param error why it cannot; any other is thrown */
  #shareOf(limit: number, error: unknown): number {
    if (!(error instanceof StorageError)) throw error;
    return Math.max(1, Math.floor(limit / this.#replicas));
  }

  #newTurn(name: string, bucket: RateBucket, limit: number, windowSeconds: number): Turn {
    const { promise: counted, resolve } = Promise.withResolvers<Counted>();
    const turn: Turn = { calls: 0, counted };
    process.nextTick(() => {
      this.#turns.delete(name);
      resolve(this.#ask(bucket, limit, windowSeconds, async (limiter, key) => {
        const { consumedPoints, msBeforeNext } = await limiter.penalty(key, turn.calls);
        return { count: consumedPoints, resetMs: msBeforeNext };
      }));
    });
    return turn;
  }

  /** @throws {StorageError} when Redis cannot count. */
  async #ask<T>(
    bucket: RateBucket,
    limit: number,
    windowSeconds: number,
    ask: (limiter: RateLimiterRedis, key: string) => Promise<T>,
  ): Promise<T> {
    const key = keyOf(bucket);
    return await this.#redis.run(
      `count a call of ${JSON.stringify(key)}`,
      (client) => ask(this.#limiter(client, limit, windowSeconds), key),
    );
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

function keyOf({ tool, principal }: RateBucket): string {
  return `${tool}:${principal}`;
}

async function look(limiter: RateLimiterRedis, key: string): Promise<RateDecision> {
  const result = await limiter.get(key);
  if (!result) {
    const { points, duration } = limiter;
    return { allowed: true, limit: points, remaining: points, resetMs: duration * 1000, shared: true };
  }
  const { consumedPoints, remainingPoints, msBeforeNext } = result;
  return {
    allowed: consumedPoints < limiter.points,
    limit: limiter.points,
    remaining: remainingPoints,
    resetMs: msBeforeNext,
    shared: true,
  };
}
