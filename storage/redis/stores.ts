import type { Clock } from "../clock.ts";
import { createRedisCache } from "./cache.ts";
import type { RedisConnection } from "./connection.ts";
import { createRedisContextStore } from "./context_store.ts";
import { createRedisEventBus } from "./event_bus.ts";
import { createRedisKeyedCallStore } from "./keyed_call_store.ts";
import { createRedisMcpSessionStore } from "./mcp_session_store.ts";
import { createRedisRateLimiter } from "./rate_limiter.ts";
import { createRedisTicketStore } from "./ticket_store.ts";
import { createRedisTokenStore } from "./token_store.ts";

export { openRedis } from "./connection.ts";

/** All that is kept in Redis but the spool of the audit log, over one connection. */
export function createRedisStores(
  redis: RedisConnection,
  { clock, replicas }: { readonly clock: Clock; readonly replicas: number },
) {
  return {
    context: createRedisContextStore(redis, clock),
    cache: createRedisCache(redis),
    limiter: createRedisRateLimiter(redis, { replicas, clock }),
    events: createRedisEventBus(redis),
    tokens: createRedisTokenStore(redis, clock),
    tickets: createRedisTicketStore(redis),
    mcpSessions: createRedisMcpSessionStore(redis),
    keyedCalls: createRedisKeyedCallStore(redis),
  };
}
