import { StorageError } from "../errors.ts";
import type { RedisConnection } from "./connection.ts";

const ASK_AGAIN_MS = 10;
/** Redis holds a write back for two seconds at most; a second more for a disk that is as slow as that means. */
const ASKS_MAX = 300;

/**
 * Resolves once all that Redis has answered so far is with its operating system, and so survives a kill of Redis.
 *
 * That it was answered does not say so: with `appendfsync everysec` Redis keeps what it should write to its append-only
 * file to itself while an fsync is under way, and answers nevertheless (`flushAppendOnlyFile` in its aof.c). What it
 * keeps, INFO tells. With `always` the file is written and synced before the answer.
 *
 * @throws {StorageError} when Redis is away, or still keeps something after three seconds.
 */
export async function writtenOut(redis: Pick<RedisConnection, "runOnEach" | "address">): Promise<void> {
  for (let asks = 0; asks < ASKS_MAX; asks++) {
    if (asks > 0) await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
    const infos = await redis.runOnEach("ask how Redis keeps its data", (server) => server.info("persistence"));
    if (infos.every((info) => /^aof_buffer_length:0\r?$/m.test(info))) return;
  }
  throw new StorageError(`Redis at ${redis.address} does not get to write its append-only file: its disk is too slow`);
}
