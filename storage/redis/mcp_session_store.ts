import type { Result } from "ioredis";
import {
  MCP_ANY_HOLDER,
  MCP_EVENTS_MAX,
  MCP_EVENTS_SECONDS,
  MCP_LEASE_SECONDS,
  MCP_SUBSCRIPTIONS_MAX,
  type McpLease,
  type McpSessionState,
  type McpSessionStore,
} from "../mcp_session_store.ts";
import type { RedisConnection } from "./connection.ts";

/** A session is a hash: `opened`, `level`, and one field a subscription, which begins with this. */
const URI = "uri:";

/** KEYS: the session. ARGV: when it was opened, seconds. */
const OPEN = `
redis.call("HSET", KEYS[1], "opened", ARGV[1])
redis.call("EXPIRE", KEYS[1], ARGV[2])
`;

/** Sets a field of a session that is there. KEYS: the session. ARGV: field, value, and how many fields it may have. */
const SET = `
if redis.call("EXISTS", KEYS[1]) == 0 then return 0 end
if redis.call("HEXISTS", KEYS[1], ARGV[1]) == 0 and redis.call("HLEN", KEYS[1]) >= tonumber(ARGV[3]) then return 0 end
redis.call("HSET", KEYS[1], ARGV[1], ARGV[2])
return 1
`;

/** Gives all fields and puts the end off, as one step. KEYS: the session. ARGV: seconds. */
const FIND = `
redis.call("EXPIRE", KEYS[1], ARGV[1])
return redis.call("HGETALL", KEYS[1])
`;

/** Adds an event and gives its id. KEYS: the stream. ARGV: the event, how many may be kept, seconds. */
const APPEND = `
local id = redis.call("XADD", KEYS[1], "MAXLEN", ARGV[2], "*", "text", ARGV[1])
redis.call("EXPIRE", KEYS[1], ARGV[3])
return id
`;

/**
 * Gets a lease or holds on to it. KEYS: the session, the lease. ARGV: its holder, seconds, the holder to take it from
 * (`MCP_ANY_HOLDER`: whoever has it; "": nobody).
 */
const LEASE = `
if redis.call("EXISTS", KEYS[1]) == 0 then return "ended" end
local now = redis.call("GET", KEYS[2])
if now and now ~= ARGV[1] and now ~= ARGV[3] and ARGV[3] ~= "${MCP_ANY_HOLDER}" then return "taken" end
redis.call("SET", KEYS[2], ARGV[1], "EX", ARGV[2])
return "held"
`;

/** KEYS: the lease. ARGV: its holder. */
const RELEASE = `
if redis.call("GET", KEYS[1]) == ARGV[1] then redis.call("DEL", KEYS[1]) end
`;

/** As APPEND, where the lease is the holder's. KEYS: the stream, the session, the lease. ARGV: as there, the holder. */
const APPEND_AS = `
if redis.call("EXISTS", KEYS[2]) == 0 or redis.call("GET", KEYS[3]) ~= ARGV[4] then return false end
${APPEND}`;

declare module "ioredis" {
  interface RedisCommander<Context> {
    mcpSessionOpen(session: string, openedMs: number, ttlSeconds: number): Result<null, Context>;
    mcpSessionSet(session: string, field: string, value: string, max: number): Result<0 | 1, Context>;
    mcpSessionFind(session: string, ttlSeconds: number): Result<readonly string[], Context>;
    mcpSessionAppend(stream: string, text: string, max: number, ttlSeconds: number): Result<string, Context>;
    mcpSessionLease(
      session: string,
      lease: string,
      holder: string,
      seconds: number,
      over: string,
    ): Result<McpLease, Context>;
    mcpSessionRelease(lease: string, holder: string): Result<null, Context>;
    mcpSessionAppendAs(
      ...keysAndArgs: [stream: string, session: string, lease: string, ...event: [string, number, number], string]
    ): Result<string | null, Context>;
  }
}

/**
 * Sessions in Redis, shared by all replicas: `mcp:session:{<id>}`, and `mcp:session:{<id>}:<stream>` for what was sent,
 * and `mcp:session:{<id>}:lease:<lease>` for who holds a lease.
 * The connection stays open: its opener closes it.
 */
export function createRedisMcpSessionStore(redis: RedisConnection): McpSessionStore {
  redis.define("mcpSessionOpen", { numberOfKeys: 1, lua: OPEN });
  redis.define("mcpSessionSet", { numberOfKeys: 1, lua: SET });
  redis.define("mcpSessionFind", { numberOfKeys: 1, lua: FIND });
  redis.define("mcpSessionAppend", { numberOfKeys: 1, lua: APPEND });
  redis.define("mcpSessionLease", { numberOfKeys: 2, lua: LEASE });
  redis.define("mcpSessionRelease", { numberOfKeys: 1, lua: RELEASE });
  redis.define("mcpSessionAppendAs", { numberOfKeys: 3, lua: APPEND_AS });
  // Beside the subscriptions: when it was opened, and the level.
  const set = async (id: string, field: string, value: string) =>
    await redis.run(
      "change an MCP session",
      (client) => client.mcpSessionSet(key(id), field, value, MCP_SUBSCRIPTIONS_MAX + 2),
    ) === 1;

  return {
    async open(id, ttlSeconds) {
      await redis.run(
        "open an MCP session",
        (client) => client.mcpSessionOpen(key(id), Date.now(), ttlSeconds),
      );
    },
    async find(id, ttlSeconds) {
      const fields = await redis.run("find an MCP session", (client) => client.mcpSessionFind(key(id), ttlSeconds));
      return fields.length === 0 ? undefined : readState(fields);
    },
    async end(id) {
      return await redis.run("end an MCP session", (client) => client.del(key(id))) === 1;
    },
    async setLogLevel(id, level) {
      await set(id, "level", level);
    },
    subscribe: (id, uri) => set(id, `${URI}${uri}`, ""),
    async unsubscribe(id, uri) {
      await redis.run("change an MCP session", (client) => client.hdel(key(id), `${URI}${uri}`));
    },
    append: (id, stream, text) =>
      redis.run(
        "keep an MCP event",
        (client) => client.mcpSessionAppend(`${key(id)}:${stream}`, text, MCP_EVENTS_MAX, MCP_EVENTS_SECONDS),
      ),
    lease: (id, lease, holder, over = "") =>
      redis.run(
        "lease a part of an MCP session",
        (client) => client.mcpSessionLease(key(id), leaseKey(id, lease), holder, MCP_LEASE_SECONDS, over),
      ),
    async release(id, lease, holder) {
      await redis.run(
        "release a part of an MCP session",
        (client) => client.mcpSessionRelease(leaseKey(id, lease), holder),
      );
    },
    async isLeased(id, lease) {
      const keys = [key(id), leaseKey(id, lease)];
      return await redis.run("look for a lease of an MCP session", (client) => client.exists(keys)) === keys.length;
    },
    async appendAs(lease, holder, id, stream, text) {
      const keys = [`${key(id)}:${stream}`, key(id), leaseKey(id, lease)] as const;
      const place = await redis.run(
        "keep an MCP event",
        (client) => client.mcpSessionAppendAs(...keys, text, MCP_EVENTS_MAX, MCP_EVENTS_SECONDS, holder),
      );
      return place ?? undefined;
    },
    async eventsAfter(id, stream, after) {
      const from = after === "" ? "-" : `(${after}`;
      const entries = await redis.run(
        "read MCP events",
        (client) => client.xrange(`${key(id)}:${stream}`, from, "+", "COUNT", MCP_EVENTS_MAX),
      );
      return entries.map(([name, fields]) => ({ id: name, text: fields[1] ?? "" }));
    },
    async [Symbol.asyncDispose]() {},
  };
}

function key(id: string): string {
  return `mcp:session:{${id}}`;
}

function leaseKey(id: string, lease: string): string {
  return `${key(id)}:lease:${lease}`;
}

/** @param fields names and values in turn */
function readState(fields: readonly string[]): McpSessionState {
  const names = fields.filter((_, index) => index % 2 === 0);
  const level = fields.findIndex((name, index) => index % 2 === 0 && name === "level");
  return {
    logLevel: level < 0 ? undefined : fields[level + 1],
    subscriptions: new Set(names.filter((name) => name.startsWith(URI)).map((name) => name.slice(URI.length))),
  };
}
