/** An API key as it is kept: nobody can tell the key from it. */
export interface TokenRecord {
  /** Stands in the key itself, so that it is found; no secret. 16 lower-case letters and digits. */
  readonly id: string;
  /** SHA-256 of the whole key, in 64 hex digits. */
  readonly sha256: string;
  /** The principal that the key stands for; several keys may have one name while they are rotated. */
  readonly name: string;
  readonly roles: readonly string[];
  readonly createdAtMs: number;
  /** `undefined` where it has no end. */
  readonly expiresAtMs: number | undefined;
}

/** Keys that a store holds at once. */
export const TOKENS_MAX = 10_000;
/** Milliseconds that a store keeps a key after its end, so that its holder is told why it is refused: 30 days. */
export const TOKEN_KEPT_MS = 30 * 86_400_000;

/** A store holds as many keys as it may; nothing was written. */
export class TokenLimitError extends Error {
  override readonly name = "TokenLimitError";

  constructor(id: string, max: number) {
    super(
      `Cannot add API key ${JSON.stringify(id)}: the store has ${max} keys, expected fewer; revoke those not needed`,
    );
  }
}

/** The API keys of all replicas. */
export interface TokenStore extends AsyncDisposable {
  /**
   * Also removes keys that ended longer ago than they are kept.
   *
   * @throws {TokenLimitError} when the store holds as many as it may.
   * @throws {StorageError} when the store is away or too slow, or has a key with this id.
   */
  add(token: TokenRecord): Promise<void>;
  /** Also one that has expired, while it is kept. @throws {StorageError} when the store is away or too slow. */
  find(id: string): Promise<TokenRecord | undefined>;
  /** All, the oldest first. @throws {StorageError} when the store is away or too slow. */
  list(): Promise<readonly TokenRecord[]>;
  /** Gives a key an earlier end; never a later one. @returns whether there is one. @throws {StorageError} likewise. */
  expire(id: string, expiresAtMs: number): Promise<boolean>;
  /** Takes a key away at once. @returns whether there was one. @throws {StorageError} likewise. */
  revoke(id: string): Promise<boolean>;
}
