import assert from "node:assert/strict";
import type { Redis } from "ioredis";
import { StorageError } from "../../../storage/errors.ts";
import { writtenOut } from "../../../storage/redis/append_only_file.ts";
import { openRedis, type RedisConnection } from "../../../storage/redis/connection.ts";
import { startRedis } from "../../services/redis.ts";

/** A Redis that keeps so many bytes back, one number an INFO; the last one again and again. */
function keeping(...bytes: readonly number[]) {
  let asks = 0;
  const info = () => {
    const kept = bytes[Math.min(asks++, bytes.length - 1)];
    return Promise.resolve(`# Persistence\r\naof_enabled:1\r\naof_buffer_length:${kept}\r\naof_delayed_fsync:0\r\n`);
  };
  const redis: Pick<RedisConnection, "runOnEach" | "address"> = {
    address: "test:6379",
    // Only INFO is asked of it.
    runOnEach: async (_, command) => [await command({ info } as unknown as Redis)],
  };
  return { redis, asks: () => asks };
}

Deno.test("what Redis keeps back is waited for, and asked for once where there is nothing", async () => {
  const [slow, quick] = [keeping(120, 10, 0), keeping(0)];
  await Promise.all([writtenOut(slow.redis), writtenOut(quick.redis)]);
  assert.equal(slow.asks(), 3);
  assert.equal(quick.asks(), 1);
});

Deno.test("a Redis that never gets to write is an error, in time", async () => {
  const { redis } = keeping(10);
  const startedMs = performance.now();
  await assert.rejects(
    writtenOut(redis),
    (error) => error instanceof StorageError && /test:6379 does not get to write/.test(error.message),
  );
  assert(performance.now() - startedMs < 10_000);
});

Deno.test("a real Redis says what it keeps back", async () => {
  await using service = await startRedis({ appendonly: true });
  await using redis = openRedis(service.url, { onState: () => {} });
  await redis.run("write", (client) => client.xadd("stream", "*", "name", "value"));
  await writtenOut(redis);
});
