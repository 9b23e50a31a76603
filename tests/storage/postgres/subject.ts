import { createPostgresAuditStore } from "../../../storage/postgres/audit_store.ts";
import { openPostgres, type PostgresConnection } from "../../../storage/postgres/connection.ts";
import type { PostgresEnvironment } from "../../../storage/postgres/target.ts";
import type { OnStoreState } from "../../../storage/state.ts";
import type { AuditStoreSubject } from "../../contracts/audit_store.ts";
import { type PostgresService, startPostgres } from "../../services/postgres.ts";

/** A connection, and each change of its state that was told. */
export interface Observed extends AsyncDisposable {
  readonly connection: PostgresConnection;
  readonly changes: readonly string[];
  /** The reason that came with the last loss. */
  readonly reason: string | undefined;
  /** Resolves when the state is told, or was told last. @throws after `timeoutMs`. */
  told(state: string, timeoutMs?: number): Promise<void>;
}

/** Opens a connection and listens to its state. */
export function observe(
  url: string,
  { environment = {}, ...options }: { deadlineMs?: number; environment?: PostgresEnvironment } = {},
): Observed {
  const changes: string[] = [];
  const waiting = new Set<() => void>();
  let reason: string | undefined;
  const onState: OnStoreState = (state, detail) => {
    changes.push(`${state} ${detail.address}`);
    if (detail.reason !== undefined) reason = detail.reason;
    for (const check of [...waiting]) check();
  };
  const connection = openPostgres(url, { environment, onState, ...options });
  return {
    connection,
    changes,
    get reason() {
      return reason;
    },
    async told(state, timeoutMs = 15_000) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const check = () => changes.at(-1)?.startsWith(state) && resolve();
      const late = () =>
        reject(new Error(`Expected ${state} within ${timeoutMs} ms, but was told ${changes} ${reason}`));
      const timer = setTimeout(late, timeoutMs);
      waiting.add(check);
      check();
      try {
        await promise;
      } finally {
        clearTimeout(timer);
        waiting.delete(check);
      }
    },
    [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose](),
  };
}

/** Two replicas' stores on a Postgres of their own. */
export async function openSubject(): Promise<AuditStoreSubject & { readonly service: PostgresService }> {
  const service = await startPostgres();
  const [one, two] = [observe(service.url), observe(service.url)];
  const [store, other] = [createPostgresAuditStore(one.connection), createPostgresAuditStore(two.connection)];
  return {
    service,
    store,
    other,
    sql: (statement) => service.psql(statement),
    async [Symbol.asyncDispose]() {
      await Promise.all([store[Symbol.asyncDispose](), other[Symbol.asyncDispose]()]);
      await service[Symbol.asyncDispose]();
    },
  };
}
