import { type HeldPrometheus, startHeldPrometheus } from "../services/held_prometheus.ts";
import { type PostgresService, startPostgres } from "../services/postgres.ts";
import { type RoundRobinProxy, startRoundRobin } from "../services/proxy.ts";
import { type RedisService, startRedis } from "../services/redis.ts";
import { type ServerService, startServer } from "../services/server.ts";

/** Three replicas with the same stores and the same key of sessions, behind a proxy that sticks to none. */
export interface Fleet extends AsyncDisposable {
  readonly replicas: readonly [ServerService, ServerService, ServerService];
  readonly proxy: RoundRobinProxy;
  readonly redis: RedisService;
  readonly postgres: PostgresService;
  /** Whose answers a test gives: a call of `prom_query_simple` is under way until then. */
  readonly prometheus: HeldPrometheus;
}

/**
 * @param settings beside those of the stores
 * @param entry another one than the product's
 */
export async function startFleet(settings: Record<string, string> = {}, entry = "main.ts"): Promise<Fleet> {
  await using stack = new AsyncDisposableStack();
  const prometheus = stack.use(startHeldPrometheus());
  const [redis, postgres] = await Promise.all([
    startRedis({ appendonly: true }).then((started) => stack.use(started)),
    startPostgres().then((started) => stack.use(started)),
  ]);
  const given = {
    REDIS_URL: redis.url,
    DATABASE_URL: postgres.url,
    PROMETHEUS_URL: prometheus.url,
    SESSION_KEY: "a key that the three replicas of the tests share",
    REPLICAS: "3",
    AUDIT_OUTAGE: "spool",
    ...settings,
  };
  const start = async (name: string) => stack.use(await startServer({ ...given, REPLICA: name }, entry));
  const replicas = await Promise.all([start("replica-1"), start("replica-2"), start("replica-3")]);
  const proxy = stack.use(startRoundRobin(replicas.map(({ url }) => url)));
  const owned = stack.move();
  return {
    ...{ replicas, proxy, redis, postgres, prometheus },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
