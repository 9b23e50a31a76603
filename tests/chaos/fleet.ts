import { type PostgresService, startPostgres } from "../services/postgres.ts";
import { type RedisService, startRedis } from "../services/redis.ts";
import { mountSmallDisk, type SmallDisk } from "./disk.ts";
import { type Replica, startReplica } from "./replica.ts";

const SERVERS = 3;

/** What a scenario needs to be different; scenarios that need the same share a fleet. */
export interface FleetOptions {
  /** What the servers run: `main.ts` where left out. */
  readonly entry?: string;
  readonly settings?: Readonly<Record<string, string>>;
  /** Whether Postgres keeps its files on a disk that can be made full. */
  readonly smallDisk?: boolean;
}

/** Three servers, their Redis and their Postgres: real processes on free ports of 127.0.0.1. */
export interface Fleet extends AsyncDisposable {
  readonly redis: RedisService;
  readonly postgres: PostgresService;
  readonly servers: readonly Replica[];
  /** What they were all started with. */
  readonly settings: Readonly<Record<string, string>>;
  /** Only where the options asked for it. */
  readonly disk: SmallDisk | undefined;
}

/** @throws {NotPossibleError} where a small disk is asked for and this machine does not give one. */
export async function startFleet({ entry = "main.ts", settings = {}, smallDisk }: FleetOptions): Promise<Fleet> {
  await using starting = new AsyncDisposableStack();
  const disk = smallDisk ? starting.use(await mountSmallDisk()) : undefined;
  const [redis, postgres] = await Promise.all([
    startRedis({ appendonly: "synced" }).then((service) => starting.use(service)),
    startPostgres({ ...(disk && { parent: disk.path }) }).then((service) => starting.use(service)),
  ]);
  const shared = {
    REDIS_URL: redis.url,
    DATABASE_URL: postgres.url,
    REPLICAS: `${SERVERS}`,
    RATE_LIMIT_PER_MINUTE: "0",
    AUDIT_SIGNING_KEY: crypto.getRandomValues(new Uint8Array(32)).toBase64(),
    AUDIT_CHECKPOINT_SECONDS: "1",
    // The servers' own watch looks at the log while it is least in order.
    AUDIT_VERIFY_SECONDS: "1",
    ...settings,
  };
  const servers = await Promise.all(
    Array.from(
      { length: SERVERS },
      (_, i) => startReplica(`server-${i + 1}`, entry, shared).then((server) => starting.use(server)),
    ),
  );
  const started = starting.move();
  return { redis, postgres, servers, settings: shared, disk, [Symbol.asyncDispose]: () => started.disposeAsync() };
}
