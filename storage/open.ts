import type { KeyObject } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import type { WatchState } from "./audit/audit_watch.ts";
import { type EvidenceNotices, type EvidenceSettings, startEvidence } from "./audit/evidence.ts";
import { createGroupCommitLog } from "./audit/group_commit.ts";
import type { AuditSpool } from "./audit/spool.ts";
import { createSpoolingStore } from "./audit/spooling_store.ts";
import type { AuditStore, QueuedAuditLog } from "./audit_log.ts";
import type { AuditReader } from "./audit_reader.ts";
import type { Cache } from "./cache.ts";
import type { ChainRegister } from "./chain_register.ts";
import type { Clock, Ids } from "./clock.ts";
import type { ContextStore } from "./context_store.ts";
import type { EventBus } from "./event_bus.ts";
import type { RecordCheck } from "./record_check.ts";
import type { RateLimiter } from "./rate_limiter.ts";
import type { RedisConnection } from "./redis/connection.ts";
import type { OnStoreState, StoreState } from "./state.ts";
import type { IntentLog } from "./intent_log.ts";
import type { KeyedCallStore } from "./keyed_call_store.ts";
import type { McpSessionStore } from "./mcp_session_store.ts";
import type { TicketStore } from "./ticket_store.ts";
import type { TokenStore } from "./token_store.ts";

export interface StoreOptions {
  /** Redis for context, cache, limits, events, API keys, tickets and sessions; embedded where `undefined`. */
  readonly redisUrl: string | undefined;
  /** Postgres for the audit log; embedded where neither this nor `PGHOST` is set. */
  readonly databaseUrl: string | undefined;
  /** `PGHOST` and its kin, for what `databaseUrl` leaves out. */
  readonly postgresEnvironment: Readonly<Record<string, string | undefined>>;
  /** Folder of the embedded stores' file. */
  readonly dataDir: string;
  readonly replicas: number;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly onState: Readonly<Record<keyof StoreStates, OnStoreState>>;
  /** Records that may wait in a spool while Postgres is away; 0 = none: calls are refused meanwhile. */
  readonly auditSpoolMax: number;
  /** Whether the spool may be in a Redis with replicas, where a failover can lose records. */
  readonly auditSpoolReplicated: boolean;
  readonly evidence: EvidenceSettings;
  readonly onAudit: AuditNotices;
}

/** What is told of the audit log beside its state. None may throw. */
export interface AuditNotices extends EvidenceNotices {
  /** Writes begin to fail. */
  onOutage(error: unknown): void;
  /** They succeed again. */
  onRecovery(): void;
  /** Why the shared spool cannot be trusted to keep records; `undefined` where it can. */
  onSpoolCheck(objection: string | undefined): void;
  /** Records were moved from the spool to the log. */
  onDrained(records: number): void;
  /** Entries of the spool are no records, and were put aside. */
  onRejected(names: readonly string[]): void;
}

/** What `/health` says of the stores. */
export type StoreStates = Readonly<Record<"redis" | "postgres", StoreState>>;

/** All stores, opened: those that are away are connected as they come. */
export interface Stores extends AsyncDisposable {
  readonly context: ContextStore;
  readonly cache: Cache;
  readonly limiter: RateLimiter;
  readonly events: EventBus;
  readonly tokens: TokenStore;
  readonly tickets: TicketStore;
  readonly mcpSessions: McpSessionStore;
  readonly keyedCalls: KeyedCallStore;
  readonly audit: QueuedAuditLog;
  readonly intents: IntentLog;
  /** Audit records that wait in a spool, as last looked up. */
  readonly spooled: () => number;
  /** What the watch over the audit log came to; `undefined` where there is none. */
  readonly verification: () => WatchState | undefined;
  /** Checks a record in its place; `undefined` for a log in this process's memory. */
  readonly recordCheck: RecordCheck | undefined;
  states(): StoreStates;
  /** Resolves once each store outside has answered or refused for the first time. */
  readonly settled: Promise<unknown>;
}

/**
 * Opens the stores that the settings ask for. Drivers are loaded only where they are used, an engine's modules by one
 * import, since each takes a while by itself: a start is the faster. Disposing flushes the audit log first, then closes the rest.
 *
 * @throws {StorageError} when a URL is wrong or the embedded file cannot be written; never for a server that is away.
 */
export async function openStores(options: StoreOptions): Promise<Stores> {
  const { clock, ids } = options;
  const closing = new AsyncDisposableStack();
  const settling: Promise<void>[] = [];
  const watch = (store: keyof StoreStates): OnStoreState => {
    const first = Promise.withResolvers<void>();
    settling.push(first.promise);
    return (state, detail) => {
      first.resolve();
      options.onState[store](state, detail);
    };
  };
  let database: DatabaseSync | undefined;
  const embedded = async () => {
    const { openDatabase } = await import("./embedded/database.ts");
    database ??= closing.adopt(openDatabase(options.dataDir), (opened) => opened.close());
    return database;
  };
  const isAuditEmbedded = options.databaseUrl === undefined && !options.postgresEnvironment["PGHOST"];
  // At the same time: what a driver takes to load and a server to answer is waited for once.
  const [shared, openedAudit] = await Promise.all([
    options.redisUrl === undefined
      ? embedded().then((opened) => openEmbeddedStores(opened, clock))
      : openRedisStores(closing, options.redisUrl, watch("redis"), options),
    isAuditEmbedded
      ? embedded().then((opened) => openEmbeddedAudit(opened, options.dataDir))
      : openPostgresAudit(closing, watch("postgres"), options),
  ]);
  closing.use(shared.context);
  closing.use(shared.cache);
  closing.use(shared.limiter);
  closing.use(shared.events);
  closing.use(shared.tokens);
  closing.use(shared.tickets);
  closing.use(shared.mcpSessions);
  closing.use(shared.keyedCalls);
  const { store: logStore, register, intents, reader, keptKey, state } = openedAudit;
  const spooling = isAuditEmbedded || options.auditSpoolMax === 0
    ? undefined
    : createSpoolingStore(logStore, await openSpool(shared.redis, embedded, options), options.onAudit);
  const { evidence: settings, onAudit } = options;
  const evidence = { settings, notices: onAudit, keptKey, chainId: ids.uuid(), register, reader, clock };
  const { chain, keeper, watch: auditWatch, recordCheck } = startEvidence(evidence);
  const audit = closing.use(
    createGroupCommitLog(spooling ?? logStore, chain, {
      clock,
      ...onAudit,
      onHead: keeper.moved,
      beforeClose: keeper.end,
    }),
  );
  closing.use(auditWatch);
  return {
    context: shared.context,
    cache: shared.cache,
    limiter: shared.limiter,
    events: shared.events,
    tokens: shared.tokens,
    tickets: shared.tickets,
    mcpSessions: shared.mcpSessions,
    keyedCalls: shared.keyedCalls,
    audit,
    intents,
    spooled: () => spooling?.spooled ?? 0,
    verification: () => auditWatch?.state,
    recordCheck,
    states: () => ({ redis: shared.state(), postgres: state() }),
    settled: Promise.all(settling),
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}

interface OpenedAudit {
  readonly store: AuditStore;
  readonly register: ChainRegister;
  readonly intents: IntentLog;
  /** `undefined` for a log in this process's memory. */
  readonly reader: AuditReader | undefined;
  /** Gives the signing key that is kept beside the log, where one is. */
  readonly keptKey: (() => KeyObject) | undefined;
  readonly state: () => StoreState;
}

async function openEmbeddedStores(database: DatabaseSync, clock: Clock) {
  const { createEmbeddedStores } = await import("./embedded/stores.ts");
  return { ...createEmbeddedStores(database, clock), state: () => "embedded" as const, redis: undefined };
}

async function openRedisStores(
  closing: AsyncDisposableStack,
  url: string,
  onState: OnStoreState,
  { clock, replicas }: StoreOptions,
) {
  const { createRedisStores, openRedis } = await import("./redis/stores.ts");
  const redis = closing.use(openRedis(url, { onState }));
  return { ...createRedisStores(redis, { clock, replicas }), state: () => redis.state(), redis };
}

async function openEmbeddedAudit(database: DatabaseSync, dataDir: string): Promise<OpenedAudit> {
  const { createEmbeddedAudit } = await import("./embedded/audit.ts");
  return { ...createEmbeddedAudit(database, dataDir), state: () => "embedded" };
}

async function openPostgresAudit(
  closing: AsyncDisposableStack,
  onState: OnStoreState,
  { databaseUrl, postgresEnvironment: environment }: StoreOptions,
): Promise<OpenedAudit> {
  const { createPostgresAudit, openPostgres } = await import("./postgres/audit.ts");
  const postgres = closing.use(openPostgres(databaseUrl, { onState, environment }));
  return {
    ...createPostgresAudit(postgres),
    keptKey: undefined,
    state: () => postgres.state === "connected" ? "connected" : "disconnected",
  };
}

/** The replicas' common spool in Redis or, without one, this replica's own. */
async function openSpool(
  redis: RedisConnection | undefined,
  embedded: () => Promise<DatabaseSync>,
  { auditSpoolMax: recordsMax, auditSpoolReplicated: mayFailOver, onAudit }: StoreOptions,
): Promise<AuditSpool> {
  if (!redis) {
    const { createEmbeddedAuditSpool } = await import("./embedded/audit_spool.ts");
    return createEmbeddedAuditSpool(await embedded(), { recordsMax });
  }
  const { createRedisAuditSpool } = await import("./redis/audit_spool.ts");
  return createRedisAuditSpool(redis, { recordsMax, mayFailOver, onCheck: onAudit.onSpoolCheck });
}
