import { Buffer } from "node:buffer";
import type { Result } from "ioredis";
import type { ContextQuota } from "../context_store.ts";
import { QuotaExceededError, StorageError } from "../errors.ts";
import type { RedisConnection } from "./connection.ts";
import { RELEASE, RESERVE } from "./context_quota_scripts.ts";

type ReserveReply = [outcome: "reserved" | "again" | "keys" | "bytes", number: number];

declare module "ioredis" {
  interface RedisCommander<Context> {
    contextReserve(
      endsKey: string,
      bytesKey: string,
      ...args: [key: string, bytes: number, ttlSeconds: number, keysMax: number, bytesMax: number]
    ): Result<ReserveReply, Context>;
    contextRelease(endsKey: string, bytesKey: string, key: string, serial: string): Result<[], Context>;
  }
}

/** A write that is about to happen. */
export interface ReservedWrite {
  readonly writer: string;
  readonly key: string;
  /** The value as it is stored. */
  readonly text: string;
  readonly ttlSeconds: number;
}

/** A write on an account, by its writer and serial. */
export interface Reservation {
  readonly writer: string;
  readonly serial: string;
}

/**
 * What each writer has in Redis, in `quota:{ctx:<writer>}:ends` and `:bytes`. An account and a value may be in different
 * slots of a Redis Cluster, so no one script can hold both: a write is reserved before it happens, and released where it
 * failed or has been replaced. What a crash between these leaves on an account ends with the life that the write was to
 * have; it can only be too much, never too little.
 */
export interface ContextAccounts {
  /** @throws {QuotaExceededError} @throws {StorageError} */
  reserve(write: ReservedWrite, quota: ContextQuota): Promise<Reservation>;
  /** Does nothing for a write that is not on the account, and throws nothing where Redis is away. */
  release(key: string, reservation: Reservation): Promise<void>;
}

export function createContextAccounts(redis: RedisConnection): ContextAccounts {
  redis.define("contextReserve", { numberOfKeys: 2, lua: RESERVE });
  redis.define("contextRelease", { numberOfKeys: 2, lua: RELEASE });

  return {
    async reserve({ writer, key, text, ttlSeconds }, { keysMax, bytesMax }) {
      const bytes = Buffer.byteLength(key) + Buffer.byteLength(text);
      // Each round takes ended keys off the account, so that there are only so many.
      for (;;) {
        const [outcome, number] = await redis.run(
          `set context ${JSON.stringify(key)}`,
          (client) => client.contextReserve(...keysOf(writer), key, bytes, ttlSeconds, keysMax, bytesMax),
        );
        if (outcome === "reserved") return { writer, serial: `${number}` };
        if (outcome === "keys") throw new QuotaExceededError(outcome, number, keysMax);
        if (outcome === "bytes") throw new QuotaExceededError(outcome, number, bytesMax);
      }
    },

    async release(key, { writer, serial }) {
      try {
        await redis.run(
          `release context ${JSON.stringify(key)}`,
          (client) => client.contextRelease(...keysOf(writer), key, serial),
        );
      } catch (error) {
        if (!(error instanceof StorageError)) throw error;
      }
    },
  };
}

/** Percent-encoded, as braces would mean another slot. Half a surrogate pair has no encoding, nor bytes in Redis. */
function keysOf(writer: string): [endsKey: string, bytesKey: string] {
  const account = `quota:{ctx:${encodeURIComponent(writer.toWellFormed())}}`;
  return [`${account}:ends`, `${account}:bytes`];
}
