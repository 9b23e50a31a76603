import type { RedisOptions } from "ioredis";
import type { RedisTarget } from "./url.ts";

/** A command without an answer by then has failed; so has a connection on which nothing arrives. */
export const TIMEOUT_MS = 1_000;
/** Attempts to connect start this far apart at most, so that a server that is back is used within seconds. */
const RETRY_DELAY_MAX_MS = 1_000;

/** What the driver must do: fail fast, send nothing twice, and come back by itself. */
export function redisOptions(target: RedisTarget) {
  return {
    host: target.host,
    port: target.port,
    username: target.username,
    password: target.password,
    db: target.database,
    tls: target.tls && { servername: target.tls.servername },

    connectTimeout: TIMEOUT_MS,
    commandTimeout: TIMEOUT_MS,
    // A frozen server keeps its sockets open: a connection that owes an answer and is silent is given up.
    socketTimeout: TIMEOUT_MS,
    disconnectTimeout: 200,
    keepAlive: 10_000,
    maxLoadingRetryTime: 500,
    retryStrategy: (attempt) => Math.min(50 * 2 ** (attempt - 1), RETRY_DELAY_MAX_MS) * (0.8 + 0.2 * Math.random()),
    // After a failover the old address may be a replica that refuses writes: look again who is there.
    reconnectOnError: (error) => error.message.includes("READONLY"),

    // A command that was in flight when the connection broke fails at once and is never sent a second time: its
    // caller has its error already, and a counter or a compare-and-set must not run twice.
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    // Done by the event bus: the driver's own leaves a rejection that nobody handles.
    autoResubscribe: false,
    // Auto-pipelining was measured to cost latency for calls that come one by one.
    enableAutoPipelining: false,
  } satisfies RedisOptions;
}
