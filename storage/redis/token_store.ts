import type { Result } from "ioredis";
import { z } from "zod";
import type { Clock } from "../clock.ts";
import { StorageError } from "../errors.ts";
import { TOKEN_KEPT_MS, TokenLimitError, type TokenRecord, TOKENS_MAX, type TokenStore } from "../token_store.ts";
import type { RedisConnection } from "./connection.ts";
import { ADD, BOOK, EXPIRE } from "./token_scripts.ts";

/** Ids by the time at which their keys end: what `list` goes through, since Redis may hold much else. */
const INDEX = "auth:tokens";
/** Keys that ended long ago which one `add` removes: more than it adds. */
const REMOVED_MAX = 100;

declare module "ioredis" {
  interface RedisCommander<Context> {
    tokenBook(index: string, max: number, endsAtMs: number | "+inf", id: string): Result<0 | 1, Context>;
    tokenAdd(record: string, ...fields: string[]): Result<0 | 1, Context>;
    tokenExpire(record: string, endsAtMs: number): Result<0 | 1, Context>;
  }
}

/**
 * API keys in Redis, shared by all replicas: the hash `auth:token:<id>` holds one, the sorted set `auth:tokens` lists
 * them. They have no expiry of Redis, so that no policy for volatile keys evicts one.
 *
 * The two cannot be in one slot of a Redis Cluster, so each step is a script on one of them, and they are ordered: the
 * index names a key before the key works, and until it no longer does. What a failure leaves is a place that is taken.
 * The connection stays open: its opener closes it.
 *
 * @param options.tokensMax keys at once; TOKENS_MAX where left out
 */
export function createRedisTokenStore(
  redis: RedisConnection,
  clock: Pick<Clock, "now">,
  { tokensMax = TOKENS_MAX }: { readonly tokensMax?: number } = {},
): TokenStore {
  redis.define("tokenBook", { numberOfKeys: 1, lua: BOOK });
  redis.define("tokenAdd", { numberOfKeys: 1, lua: ADD });
  redis.define("tokenExpire", { numberOfKeys: 1, lua: EXPIRE });

  return {
    async add(token) {
      const { id, expiresAtMs } = token;
      const action = `add API key ${JSON.stringify(id)}`;
      await removeEnded(redis, clock.now() - TOKEN_KEPT_MS);
      const ends = expiresAtMs ?? "+inf";
      if (!await redis.run(action, (client) => client.tokenBook(INDEX, tokensMax, ends, id))) {
        throw new TokenLimitError(id, tokensMax);
      }
      if (!await redis.run(action, (client) => client.tokenAdd(keyOf(id), ...fieldsOf(token)))) {
        throw new StorageError(`Cannot ${action}: Redis at ${redis.address} has one with this id`);
      }
    },

    async find(id) {
      return readRecord(
        id,
        await redis.run(`find API key ${JSON.stringify(id)}`, (client) => client.hgetall(keyOf(id))),
      );
    },

    async list() {
      const tokens = await redis.run("list the API keys", async (client) => {
        const ids = await client.zrange(INDEX, "0", "-1");
        // No pipeline: the keys of a Cluster are on several nodes.
        const replies = await Promise.all(ids.map((id) => client.hgetall(keyOf(id))));
        return replies.map((reply, index) => readRecord(ids[index] ?? "", reply));
      });
      return tokens
        .filter((token) => token !== undefined)
        .sort((a, b) => a.createdAtMs - b.createdAtMs || (a.id < b.id ? -1 : 1));
    },

    async expire(id, expiresAtMs) {
      const action = `end API key ${JSON.stringify(id)}`;
      const isThere = await redis.run(action, (client) => client.tokenExpire(keyOf(id), expiresAtMs));
      if (isThere) await redis.run(action, (client) => client.zadd(INDEX, "XX", "LT", expiresAtMs, id));
      return Boolean(isThere);
    },

    async revoke(id) {
      const action = `revoke API key ${JSON.stringify(id)}`;
      const removed = await redis.run(action, (client) => client.del(keyOf(id)));
      await redis.run(action, (client) => client.zrem(INDEX, id));
      return removed > 0;
    },

    async [Symbol.asyncDispose]() {},
  };
}

function keyOf(id: string): string {
  return `auth:token:${id}`;
}

async function removeEnded(redis: RedisConnection, beforeMs: number): Promise<void> {
  await redis.run("remove API keys that ended long ago", async (client) => {
    const ids = await client.zrangebyscore(INDEX, "-inf", beforeMs, "LIMIT", 0, REMOVED_MAX);
    for (const id of ids) {
      await client.del(keyOf(id));
      await client.zrem(INDEX, id);
    }
  });
}

function fieldsOf({ sha256, name, roles, createdAtMs, expiresAtMs }: TokenRecord): string[] {
  return [
    ...["sha256", sha256, "name", name, "roles", JSON.stringify(roles), "created_at_ms", String(createdAtMs)],
    ...(expiresAtMs === undefined ? [] : ["expires_at_ms", String(expiresAtMs)]),
  ];
}

const milliseconds = z.string().regex(/^\d{1,15}$/).transform(Number);

const recordSchema = z.object({
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  name: z.string(),
  roles: z.string().transform((text, context): unknown => {
    try {
      return JSON.parse(text);
    } catch {
      context.addIssue({ code: "custom", message: "expected JSON" });
      return z.NEVER;
    }
  }).pipe(z.array(z.string())),
  created_at_ms: milliseconds,
  expires_at_ms: milliseconds.optional(),
});

/** What somebody wrote by hand and is no key counts as none: nobody gets in by it, and the others are still listed. */
function readRecord(id: string, reply: unknown): TokenRecord | undefined {
  const { data } = recordSchema.safeParse(reply);
  return data && {
    id,
    sha256: data.sha256,
    name: data.name,
    roles: data.roles,
    createdAtMs: data.created_at_ms,
    expiresAtMs: data.expires_at_ms,
  };
}
