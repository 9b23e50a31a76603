import type { ClusterOptions, RedisOptions } from "ioredis";
import type { RedisClusterTarget, RedisSentinelTarget, RedisServer } from "./url.ts";

/** A command without an answer by then has failed; so has a connection on which nothing arrives. */
export const TIMEOUT_MS = 1_000;
/** Attempts to connect start this far apart at most, so that a server that is back is used within seconds. */
const RETRY_DELAY_MAX_MS = 1_000;
/** How often a Cluster is asked who has which slot; a node that is asked for a slot it gave away says so at once. */
const SLOTS_REFRESH_MS = 2_000;
/** Sentinels of which none answered are asked again after this; it is what the driver may outlive its end by. */
const SENTINEL_RETRY_MS = 250;

/** Milliseconds until the next attempt to connect, counted from 1. */
export function retryDelayMs(attempt: number): number {
  return Math.min(50 * 2 ** (attempt - 1), RETRY_DELAY_MAX_MS) * (0.8 + 0.2 * Math.random());
}

/**
 * What the driver must do on each connection: fail fast, and send nothing twice. Commands have their deadlines from
 * `RedisConnection`, whose one timer costs less than the driver's timer a command.
 */
const COMMON = {
  connectTimeout: TIMEOUT_MS,
  // A frozen server keeps its sockets open: a connection that owes an answer and is silent is given up.
  socketTimeout: TIMEOUT_MS,
  disconnectTimeout: 200,
  keepAlive: 10_000,
  maxLoadingRetryTime: 500,
  // A command that was in flight when the connection broke fails at once and is never sent a second time: its
  // caller has its error already, and a counter or a compare-and-set must not run twice.
  maxRetriesPerRequest: 0,
  autoResendUnfulfilledCommands: false,
  // Done by the event bus: the driver's own leaves a rejection that nobody handles.
  autoResubscribe: false,
  // Auto-pipelining was measured to cost latency for calls that come one by one.
  enableAutoPipelining: false,
} satisfies RedisOptions;

/** One connection that comes back by itself. */
const HEALING = {
  ...COMMON,
  retryStrategy: retryDelayMs,
  // After a failover the old address may be a replica that refuses writes: look again who is there.
  reconnectOnError: (error: Error) => error.message.includes("READONLY"),
  enableOfflineQueue: false,
} satisfies RedisOptions;

export function serverOptions(target: RedisServer) {
  return {
    host: target.host,
    port: target.port,
    username: target.username,
    password: target.password,
    db: target.database,
    tls: target.tls && { servername: target.tls.servername },
    ...HEALING,
  } satisfies RedisOptions;
}

export function sentinelOptions(target: RedisSentinelTarget) {
  return {
    sentinels: [...target.sentinels],
    name: target.master,
    role: "master",
    username: target.username,
    password: target.password,
    db: target.database,
    // Without a name: each Sentinel and each Redis is verified under its own.
    ...(target.isTls && { tls: {}, sentinelTLS: {}, enableTLSForSentinelMode: true }),
    sentinelUsername: target.sentinelUsername,
    sentinelPassword: target.sentinelPassword,
    sentinelCommandTimeout: TIMEOUT_MS,
    sentinelRetryStrategy: () => SENTINEL_RETRY_MS,
    ...HEALING,
  } satisfies RedisOptions;
}

/** Of every connection to a node of the Cluster. */
export function nodeOptions(target: RedisClusterTarget) {
  return {
    username: target.username,
    password: target.password,
    // Without a name: each node is verified under its own.
    tls: target.isTls ? {} : undefined,
    commandTimeout: TIMEOUT_MS,
    ...COMMON,
  } satisfies RedisOptions;
}

export function clusterOptions(target: RedisClusterTarget) {
  return {
    redisOptions: nodeOptions(target),
    clusterRetryStrategy: retryDelayMs,
    slotsRefreshTimeout: TIMEOUT_MS,
    slotsRefreshInterval: SLOTS_REFRESH_MS,
    // Names stay names, for TLS and for addresses that change: the socket looks them up.
    dnsLookup: (name, callback) => callback(null, name),
    // The driver would send anew what was in flight when a node was lost, and what a Cluster that is down refused.
    retryDelayOnFailover: 0,
    retryDelayOnClusterDown: 0,
    // What waits is what MOVED, ASK or TRYAGAIN sent on, which no node has run; `commandTimeout` bounds it.
    enableOfflineQueue: true,
    retryDelayOnTryAgain: 50,
    maxRedirections: 32,
    enableAutoPipelining: false,
  } satisfies ClusterOptions;
}
