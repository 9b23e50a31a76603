import type { AuditLog } from "../storage/audit_log.ts";
import type { Cache } from "../storage/cache.ts";
import type { Clock } from "../storage/clock.ts";
import type { Stores } from "../storage/open.ts";
import { overMethods } from "./over_methods.ts";

/** What is told of the stores' work, for metrics. */
export interface StoreMeasures {
  readonly onCacheRead: (hit: boolean) => void;
  /** @param seconds until a record was durable */
  readonly onAudited: (seconds: number) => void;
}

/** The stores, their caches' hits and their audit records' waits counted. Who opened them still closes them. */
export function measureStores(stores: Stores, clock: Clock, measures: StoreMeasures): Stores {
  const cache = overMethods<Cache>(stores.cache, {
    async get(key) {
      const text = await stores.cache.get(key);
      measures.onCacheRead(text !== undefined);
      return text;
    },
  });
  const audit = overMethods<Stores["audit"]>(stores.audit, {
    async append(...entry: Parameters<AuditLog["append"]>) {
      const startedMs = clock.elapsed();
      await stores.audit.append(...entry);
      measures.onAudited((clock.elapsed() - startedMs) / 1000);
    },
  });
  return overMethods<Stores>(stores, { cache, audit });
}
