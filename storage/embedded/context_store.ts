import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Clock } from "../clock.ts";
import type { ContextEntry, ContextStore, ContextWrite } from "../context_store.ts";
import { decodeContextValue, encodeContextValue } from "../context_value.ts";
import { StorageError, VersionConflictError } from "../errors.ts";
import type { Json } from "../json.ts";
import { GET, REMOVE_EXPIRED, SCHEMA, SET } from "./context_sql.ts";

/** A row as the STRICT table gives it, which is why the casts to it hold. */
interface Row {
  readonly value: Uint8Array;
  readonly version: number;
  readonly writer: string;
  readonly written_at_ms: number;
  readonly expires_at_ms: number;
}

const encoder = new TextEncoder();
// A byte order mark is part of the value.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * Context in the embedded database, table `context`. An entry ends by the given clock; it is removed when something
 * is written later. The database stays open: its opener closes it.
 * @throws {StorageError} when the table cannot be made.
 */
export function createEmbeddedContextStore(database: DatabaseSync, clock: Pick<Clock, "now">): ContextStore {
  try {
    return new EmbeddedContextStore(database, clock);
  } catch (cause) {
    throw new StorageError("Cannot open the context in the embedded database", { cause });
  }
}

class EmbeddedContextStore implements ContextStore {
  readonly #clock: Pick<Clock, "now">;
  readonly #get: StatementSync;
  readonly #set: StatementSync;
  readonly #removeExpired: StatementSync;

  constructor(database: DatabaseSync, clock: Pick<Clock, "now">) {
    this.#clock = clock;
    database.exec(SCHEMA);
    this.#get = database.prepare(GET);
    this.#set = database.prepare(SET);
    this.#removeExpired = database.prepare(REMOVE_EXPIRED);
  }

  get(key: string): Promise<ContextEntry | undefined> {
    return attempt(`get context ${JSON.stringify(key)}`, () => this.#read(key));
  }

  async set(key: string, value: Json, write: ContextWrite): Promise<ContextEntry> {
    const bytes = encoder.encode(encodeContextValue(value));
    const written = await attempt(`set context ${JSON.stringify(key)}`, () => this.#write(key, bytes, write));
    return { value, ...written };
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  #read(key: string): ContextEntry | undefined {
    const now = this.#clock.now();
    const row = this.#get.get({ key, now }) as Row | undefined;
    return row && {
      value: decodeContextValue(decoder.decode(row.value)),
      version: row.version,
      writer: row.writer,
      writtenAtMs: row.written_at_ms,
      ttlSeconds: Math.ceil((row.expires_at_ms - now) / 1000),
    };
  }

  #write(key: string, value: Uint8Array, write: ContextWrite): Omit<ContextEntry, "value"> {
    const { writer, ttlSeconds, expectedVersion } = write;
    const now = this.#clock.now();
    const end = now + ttlSeconds * 1000;
    this.#removeExpired.run({ now });
    const row = this.#set.get({ key, value, writer, now, end, expected: expectedVersion ?? null });
    // Only a write that expected a version is refused.
    if (!row) throw new VersionConflictError(key, expectedVersion ?? 0, this.#read(key)?.version ?? 0);
    return { version: (row as Pick<Row, "version">).version, writer, writtenAtMs: now, ttlSeconds };
  }
}

/** Rejects as the port says: the database fails by throwing. */
async function attempt<T>(action: string, access: () => T): Promise<T> {
  try {
    return await Promise.try(access);
  } catch (cause) {
    if (cause instanceof VersionConflictError) throw cause;
    throw new StorageError(`Cannot ${action} in the embedded database`, { cause });
  }
}
