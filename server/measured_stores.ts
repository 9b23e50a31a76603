import type { AuditEntry } from "../storage/audit_log.ts";
import type { Clock } from "../storage/clock.ts";
import type { Stores } from "../storage/open.ts";

/** What is told of the stores' work, for metrics. */
export interface StoreMeasures {
  readonly onCacheRead: (hit: boolean) => void;
  /** @param seconds until a record was durable */
  readonly onAudited: (seconds: number) => void;
}

/** The stores, their caches' hits and their audit records' waits counted. Who opened them still closes them. */
export function measureStores(stores: Stores, clock: Clock, { onCacheRead, onAudited }: StoreMeasures): Stores {
  const { cache, audit } = stores;
  return {
    ...stores,
    cache: {
      async get(key) {
        const text = await cache.get(key);
        onCacheRead(text !== undefined);
        return text;
      },
      set: (key, text, ttlSeconds) => cache.set(key, text, ttlSeconds),
      [Symbol.asyncDispose]: () => cache[Symbol.asyncDispose](),
    },
    audit: {
      get state() {
        return audit.state;
      },
      get room() {
        return audit.room;
      },
      get queued() {
        return audit.queued;
      },
      get unanswered() {
        return audit.unanswered;
      },
      async append(entry: AuditEntry) {
        const startedMs = clock.elapsed();
        await audit.append(entry);
        onAudited((clock.elapsed() - startedMs) / 1000);
      },
      query: (query) => audit.query(query),
      scan: (query) => audit.scan(query),
      sums: (query) => audit.sums(query),
      [Symbol.asyncDispose]: () => audit[Symbol.asyncDispose](),
    },
  };
}
