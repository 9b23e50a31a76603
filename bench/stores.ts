import { startPostgres } from "../tests/services/postgres.ts";
import { startRedis } from "../tests/services/redis.ts";

/**
 * Postgres' own buffers, where a test gets along with fewer, and room for the log of minutes between two checkpoints,
 * which Postgres itself asks for at thousands of records a second. What makes a commit durable stays as it is: on.
 */
const POSTGRES = ["shared_buffers=128MB", "max_wal_size=4GB"];

/** The stores of a server that is measured: they keep what they are given. `settings` names them to it. */
export async function startStores(closing: AsyncDisposableStack) {
  const redis = closing.use(await startRedis({ appendonly: "synced" }));
  const postgres = closing.use(await startPostgres({ settings: POSTGRES }));
  return { redis, postgres, settings: { REDIS_URL: redis.url, DATABASE_URL: postgres.url } };
}
