import { openRedis } from "../../../storage/redis/connection.ts";
import { createRedisCache } from "../../../storage/redis/cache.ts";
import { createRedisContextStore } from "../../../storage/redis/context_store.ts";
import { createRedisEventBus } from "../../../storage/redis/event_bus.ts";
import { createRedisRateLimiter } from "../../../storage/redis/rate_limiter.ts";
import { describeCache } from "../../contracts/cache.ts";
import { describeContextStore } from "../../contracts/context_store.ts";
import { describeEventBus } from "../../contracts/event_bus.ts";
import { manualClock } from "../../contracts/manual_clock.ts";
import { describeRateLimiter } from "../../contracts/rate_limiter.ts";
import { startRedis } from "../../services/redis.ts";

/** A Redis with two connections, as two replicas have them, and a way to end the life of a key. */
async function openReplicas() {
  await using stack = new AsyncDisposableStack();
  const service = stack.use(await startRedis());
  const connections = [
    stack.use(openRedis(service.url, { onState: () => {} })),
    stack.use(openRedis(service.url, { onState: () => {} })),
  ] as const;
  const owned = stack.move();
  return {
    connections,
    async expire(key: string): Promise<void> {
      await service.cli("PEXPIREAT", key, "1");
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

describeContextStore("the context in Redis", async () => {
  const { connections: [redis, other], expire, ...subject } = await openReplicas();
  const clock = manualClock();
  return {
    ...subject,
    store: createRedisContextStore(redis, clock),
    other: createRedisContextStore(other, clock),
    nowMs: clock.now(),
    expire: (key) => expire(`ctx:${key}`),
  };
});

describeCache("the cache in Redis", async () => {
  const { connections: [redis], expire, ...subject } = await openReplicas();
  return { ...subject, cache: createRedisCache(redis), expire: (key) => expire(`cache:${key}`) };
});

describeRateLimiter("the rate limiter in Redis", async () => {
  const { connections: [redis, other], expire, ...subject } = await openReplicas();
  const options = { replicas: 2, clock: manualClock() };
  return {
    ...subject,
    limiter: createRedisRateLimiter(redis, options),
    other: createRedisRateLimiter(other, options),
    endWindow: ({ tool, principal }) => expire(`rate_limit:${tool}:${principal}`),
  };
});

describeEventBus("the bus in Redis", async (onListenerError) => {
  await using stack = new AsyncDisposableStack();
  const { connections: [redis, other], ...replicas } = await openReplicas();
  stack.use(replicas);
  const bus = stack.use(createRedisEventBus(redis, { onListenerError }));
  const otherBus = stack.use(createRedisEventBus(other, { onListenerError }));
  const owned = stack.move();
  return { bus, other: otherBus, [Symbol.asyncDispose]: () => owned.disposeAsync() };
});
