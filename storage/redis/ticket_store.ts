import type { TicketKind, TicketStore } from "../ticket_store.ts";
import type { RedisConnection } from "./connection.ts";

/**
 * Tickets in Redis, shared by all replicas: `auth:upgrade:<sha256>` and `auth:session:<sha256>`. Each ends by itself,
 * which bounds them together with the limits on who may ask for one. The connection stays open: its opener closes it.
 */
export function createRedisTicketStore(redis: RedisConnection): TicketStore {
  return {
    async put(kind, sha256, payload, ttlSeconds) {
      await redis.run(
        `keep a ticket for ${kind}`,
        (client) => client.set(key(kind, sha256), payload, "EX", ttlSeconds),
      );
    },
    async get(kind, sha256) {
      return await redis.run(`find a ticket for ${kind}`, (client) => client.get(key(kind, sha256))) ?? undefined;
    },
    async take(kind, sha256) {
      return await redis.run(`take a ticket for ${kind}`, (client) => client.getdel(key(kind, sha256))) ?? undefined;
    },
    async [Symbol.asyncDispose]() {},
  };
}

function key(kind: TicketKind, sha256: string): string {
  return `auth:${kind}:${sha256}`;
}
