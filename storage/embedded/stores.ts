import type { DatabaseSync } from "node:sqlite";
import type { Clock } from "../clock.ts";
import { createMemoryCache } from "./cache.ts";
import { createEmbeddedContextStore } from "./context_store.ts";
import { createLocalEventBus } from "./event_bus.ts";
import { createEmbeddedKeyedCallStore } from "./keyed_call_store.ts";
import { createMemoryMcpSessionStore } from "./mcp_session_store.ts";
import { createMemoryRateLimiter } from "./rate_limiter.ts";
import { createMemoryTicketStore } from "./ticket_store.ts";
import { createEmbeddedTokenStore } from "./token_store.ts";

/** What takes the place of Redis: in this process's memory or, where it must outlive that, in the embedded database. */
export function createEmbeddedStores(database: DatabaseSync, clock: Clock) {
  return {
    context: createEmbeddedContextStore(database, clock),
    cache: createMemoryCache(clock),
    limiter: createMemoryRateLimiter(clock),
    events: createLocalEventBus(),
    tokens: createEmbeddedTokenStore(database, clock),
    tickets: createMemoryTicketStore(clock),
    mcpSessions: createMemoryMcpSessionStore(clock),
    keyedCalls: createEmbeddedKeyedCallStore(database, clock),
  };
}
