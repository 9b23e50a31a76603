import type { DatabaseSync, SQLOutputValue, StatementSync } from "node:sqlite";
import type { Clock } from "../clock.ts";
import { StorageError } from "../errors.ts";
import { TOKEN_KEPT_MS, TokenLimitError, type TokenRecord, TOKENS_MAX, type TokenStore } from "../token_store.ts";

const SCHEMA = `
CREATE TABLE IF NOT EXISTS auth_tokens (
  id TEXT NOT NULL PRIMARY KEY,
  sha256 TEXT NOT NULL,
  name TEXT NOT NULL,
  roles TEXT NOT NULL,
  created_at_ms INTEGER NOT NULL,
  expires_at_ms INTEGER
) STRICT`;

/** One statement, so that processes that share the file cannot come between the count and the write. */
const ADD = `
INSERT INTO auth_tokens (id, sha256, name, roles, created_at_ms, expires_at_ms)
SELECT $id, $sha256, $name, $roles, $created, $expires
WHERE (SELECT count(*) FROM auth_tokens) < $max
ON CONFLICT DO NOTHING`;

/**
 * API keys in the embedded database, table `auth_tokens`; a server and `deno task token` may have the file open at the
 * same time. The database stays open: its opener closes it.
 *
 * @param options.tokensMax keys at once; TOKENS_MAX where left out
 * @throws {StorageError} when the table cannot be made
 */
export function createEmbeddedTokenStore(
  database: DatabaseSync,
  clock: Pick<Clock, "now">,
  { tokensMax = TOKENS_MAX }: { readonly tokensMax?: number } = {},
): TokenStore {
  return new EmbeddedTokenStore(database, clock, tokensMax);
}

class EmbeddedTokenStore implements TokenStore {
  readonly #clock: Pick<Clock, "now">;
  readonly #tokensMax: number;
  readonly #add: StatementSync;
  readonly #removeEnded: StatementSync;
  readonly #find: StatementSync;
  readonly #list: StatementSync;
  readonly #expire: StatementSync;
  readonly #revoke: StatementSync;

  constructor(database: DatabaseSync, clock: Pick<Clock, "now">, tokensMax: number) {
    this.#clock = clock;
    this.#tokensMax = tokensMax;
    try {
      database.exec(SCHEMA);
      this.#add = database.prepare(ADD);
      this.#removeEnded = database.prepare("DELETE FROM auth_tokens WHERE expires_at_ms <= $before");
      this.#find = database.prepare("SELECT * FROM auth_tokens WHERE id = $id");
      this.#list = database.prepare("SELECT * FROM auth_tokens ORDER BY created_at_ms, id");
      this.#expire = database.prepare(
        "UPDATE auth_tokens SET expires_at_ms = min(coalesce(expires_at_ms, $end), $end) WHERE id = $id",
      );
      this.#revoke = database.prepare("DELETE FROM auth_tokens WHERE id = $id");
    } catch (cause) {
      throw new StorageError("Cannot open the API keys in the embedded database", { cause });
    }
  }

  async add({ id, sha256, name, roles, createdAtMs, expiresAtMs }: TokenRecord): Promise<void> {
    const action = `add API key ${JSON.stringify(id)}`;
    const hasOne = await attempt(action, () => {
      this.#removeEnded.run({ before: this.#clock.now() - TOKEN_KEPT_MS });
      const row = {
        id,
        sha256,
        name,
        roles: JSON.stringify(roles),
        created: createdAtMs,
        expires: expiresAtMs ?? null,
      };
      if (this.#add.run({ ...row, max: this.#tokensMax }).changes) return false;
      if (this.#find.get({ id })) return true;
      throw new TokenLimitError(id, this.#tokensMax);
    });
    if (hasOne) throw new StorageError(`Cannot ${action}: the embedded database has one with this id`);
  }

  find(id: string): Promise<TokenRecord | undefined> {
    return attempt(`find API key ${JSON.stringify(id)}`, () => {
      const row = this.#find.get({ id });
      return row && readRow(row);
    });
  }

  list(): Promise<readonly TokenRecord[]> {
    return attempt("list the API keys", () => this.#list.all().map(readRow));
  }

  expire(id: string, expiresAtMs: number): Promise<boolean> {
    return attempt(
      `end API key ${JSON.stringify(id)}`,
      () => Boolean(this.#expire.run({ id, end: expiresAtMs }).changes),
    );
  }

  revoke(id: string): Promise<boolean> {
    return attempt(`revoke API key ${JSON.stringify(id)}`, () => Boolean(this.#revoke.run({ id }).changes));
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

/** The table is STRICT, and only `add` writes it. */
function readRow(row: Record<string, SQLOutputValue>): TokenRecord {
  const { id, sha256, name, roles, created_at_ms: created, expires_at_ms: expires } = row;
  return {
    id: String(id),
    sha256: String(sha256),
    name: String(name),
    roles: JSON.parse(String(roles)),
    createdAtMs: Number(created),
    expiresAtMs: expires === null ? undefined : Number(expires),
  };
}

/** Rejects as the port says: the database fails by throwing. */
async function attempt<T>(action: string, access: () => T): Promise<T> {
  try {
    return await Promise.try(access);
  } catch (cause) {
    if (cause instanceof TokenLimitError) throw cause;
    throw new StorageError(`Cannot ${action} in the embedded database`, { cause });
  }
}
