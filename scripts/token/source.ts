import type { Settings } from "../../server/settings.ts";
import type { Clock } from "../../storage/clock.ts";
import { openDatabase } from "../../storage/embedded/database.ts";
import { createEmbeddedTokenStore } from "../../storage/embedded/token_store.ts";
import { openRedis } from "../../storage/redis/connection.ts";
import { createRedisTokenStore } from "../../storage/redis/token_store.ts";
import type { TokenStore } from "../../storage/token_store.ts";

/** The store that the settings name. */
export interface TokenSource extends AsyncDisposable {
  /** Where it is. */
  readonly name: string;
  readonly store: TokenStore;
}

/**
 * Opens the keys in Redis where the settings name one, else the embedded ones; the servers may be running.
 *
 * @throws {StorageError} when the URL is wrong or the embedded file cannot be written
 */
export function openTokenSource(settings: Settings, clock: Pick<Clock, "now">): TokenSource {
  if (settings.REDIS_URL !== undefined) {
    const redis = openRedis(settings.REDIS_URL, { onState: () => {} });
    return {
      name: `Redis at ${redis.address}`,
      store: createRedisTokenStore(redis, clock),
      [Symbol.asyncDispose]: () => redis[Symbol.asyncDispose](),
    };
  }
  const database = openDatabase(settings.DATA_DIR);
  return {
    name: `the embedded store in ${settings.DATA_DIR}`,
    store: createEmbeddedTokenStore(database, clock),
    // deno-lint-ignore require-await -- Async, so that what is thrown rejects.
    async [Symbol.asyncDispose]() {
      database.close();
    },
  };
}
