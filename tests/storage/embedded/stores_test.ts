import { createMemoryCache } from "../../../storage/embedded/cache.ts";
import { createEmbeddedContextStore } from "../../../storage/embedded/context_store.ts";
import { openDatabase } from "../../../storage/embedded/database.ts";
import { createLocalEventBus } from "../../../storage/embedded/event_bus.ts";
import { createMemoryRateLimiter } from "../../../storage/embedded/rate_limiter.ts";
import { describeCache } from "../../contracts/cache.ts";
import { describeContextStore } from "../../contracts/context_store.ts";
import { describeEventBus } from "../../contracts/event_bus.ts";
import { manualClock } from "../../contracts/manual_clock.ts";
import { describeRateLimiter } from "../../contracts/rate_limiter.ts";

describeContextStore("the embedded database", async () => {
  const dir = await Deno.makeTempDir({ prefix: "context_" });
  const databases = [openDatabase(dir), openDatabase(dir)] as const;
  const clock = manualClock();
  return {
    store: createEmbeddedContextStore(databases[0], clock),
    other: createEmbeddedContextStore(databases[1], clock),
    nowMs: clock.now(),
    expire: () => Promise.resolve(clock.advance(3_600_000)),
    async [Symbol.asyncDispose]() {
      databases.forEach((database) => database.close());
      await Deno.remove(dir, { recursive: true });
    },
  };
});

describeCache("the cache in memory", () => {
  const clock = manualClock();
  return Promise.resolve({
    cache: createMemoryCache(clock),
    expire: () => Promise.resolve(clock.advance(5_000)),
    async [Symbol.asyncDispose]() {},
  });
});

describeRateLimiter("the rate limiter in memory", () => {
  const clock = manualClock();
  const limiter = createMemoryRateLimiter(clock);
  return Promise.resolve({
    limiter,
    other: limiter,
    endWindow: () => Promise.resolve(clock.advance(60_000)),
    async [Symbol.asyncDispose]() {},
  });
});

describeEventBus("the bus within a process", (onListenerError) => {
  const bus = createLocalEventBus({ onListenerError });
  return Promise.resolve({ bus, other: bus, async [Symbol.asyncDispose]() {} });
});
