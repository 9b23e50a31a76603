import type { RedisService } from "../services/redis.ts";

/** Records that wait in Redis for Postgres. */
export async function spoolLength(redis: Pick<RedisService, "cli">): Promise<number> {
  return Number(await redis.cli("XLEN", "audit:spool"));
}
