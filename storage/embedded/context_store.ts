import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Clock } from "../clock.ts";
import type { ContextEntry, ContextQuota, ContextStore, ContextWrite } from "../context_store.ts";
import { decodeContextValue, encodeContextValue } from "../context_value.ts";
import { QuotaExceededError, StorageError, VersionConflictError } from "../errors.ts";
import type { Json } from "../json.ts";
import { DELETE, GET, KEYS, MAKE_ROOM, REMOVE_EXPIRED, SCHEMA, SET, USAGE } from "./context_sql.ts";

/** A row as the STRICT table gives it, which is why the casts to it hold. */
interface Row {
  readonly value: Uint8Array;
  readonly version: number;
  readonly writer: string;
  readonly written_at_ms: number;
  readonly expires_at_ms: number;
}

/** What a writer has, as the table gives it. */
interface Usage {
  readonly keys: number;
  readonly bytes: number;
}

const NO_USAGE: Usage = { keys: 0, bytes: 0 };

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
  readonly #database: DatabaseSync;
  readonly #clock: Pick<Clock, "now">;
  readonly #get: StatementSync;
  readonly #setStatement: StatementSync;
  readonly #delete: StatementSync;
  readonly #keys: StatementSync;
  readonly #removeExpired: StatementSync;
  readonly #usage: StatementSync;
  readonly #makeRoom: StatementSync;

  constructor(database: DatabaseSync, clock: Pick<Clock, "now">) {
    this.#database = database;
    this.#clock = clock;
    database.exec(SCHEMA);
    this.#get = database.prepare(GET);
    this.#setStatement = database.prepare(SET);
    this.#delete = database.prepare(DELETE);
    this.#keys = database.prepare(KEYS);
    this.#removeExpired = database.prepare(REMOVE_EXPIRED);
    this.#usage = database.prepare(USAGE);
    this.#makeRoom = database.prepare(MAKE_ROOM);
  }

  get(key: string): Promise<ContextEntry | undefined> {
    return attempt(`get context ${JSON.stringify(key)}`, () => this.#read(key));
  }

  async set(key: string, value: Json, write: ContextWrite): Promise<ContextEntry> {
    const bytes = encoder.encode(encodeContextValue(value));
    const written = await attempt(`set context ${JSON.stringify(key)}`, () => this.#write(key, bytes, write));
    return { value, ...written };
  }

  delete(key: string, expectedVersion?: number): Promise<number | undefined> {
    return attempt(`delete context ${JSON.stringify(key)}`, () => {
      const row = this.#delete.get({ key, now: this.#clock.now(), expected: expectedVersion ?? null });
      if (row) return Number(row["version"]);
      const current = this.#read(key)?.version ?? 0;
      if (expectedVersion !== undefined && expectedVersion !== current) {
        throw new VersionConflictError(key, expectedVersion, current);
      }
      return undefined;
    });
  }

  keys(prefix: string, max: number): Promise<readonly string[]> {
    return attempt(`list context that begins with ${JSON.stringify(prefix)}`, () => {
      const rows = this.#keys.all({ prefix, max, now: this.#clock.now() });
      return rows.map(({ key }) => String(key)).sort();
    });
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
    const { writer, quota } = write;
    const now = this.#clock.now();
    this.#removeExpired.run({ now });
    if (!quota) return this.#set(key, value, write, now);
    for (;;) {
      const outcome = this.#setWithin(key, value, write, now, quota);
      if (!(outcome instanceof QuotaExceededError)) return outcome;
      // What has expired does not count, and each round removes some of it.
      if (this.#makeRoom.run({ writer, now }).changes < 1) throw outcome;
    }
  }

  /** Writes, looks at what the writer now has, and takes the write back where that is too much. */
  #setWithin(key: string, value: Uint8Array, write: ContextWrite, now: number, { keysMax, bytesMax }: ContextQuota) {
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      const written = this.#set(key, value, write, now);
      const { keys, bytes } = this.#usage.get({ writer: write.writer }) as Usage | undefined ?? NO_USAGE;
      if (keys > keysMax) return new QuotaExceededError("keys", keys, keysMax);
      if (bytes > bytesMax) return new QuotaExceededError("bytes", bytes, bytesMax);
      this.#database.exec("COMMIT");
      return written;
    } finally {
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
    }
  }

  #set(key: string, value: Uint8Array, write: ContextWrite, now: number): Omit<ContextEntry, "value"> {
    const { writer, ttlSeconds, expectedVersion } = write;
    const end = now + ttlSeconds * 1000;
    const row = this.#setStatement.get({ key, value, writer, now, end, expected: expectedVersion ?? null });
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
    if (cause instanceof VersionConflictError || cause instanceof QuotaExceededError) throw cause;
    throw new StorageError(`Cannot ${action} in the embedded database`, { cause });
  }
}
