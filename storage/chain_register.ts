/** The beginning of a chain, stated by the replica that writes it. It becomes durable together with the first record. */
export interface ChainOpening {
  readonly chainId: string;
  readonly replica: string;
  /** Of the server. */
  readonly version: string;
  /** Milliseconds since the epoch. */
  readonly openedAtMs: number;
  /** Of the key that signs all that is said of the chain: Ed25519, 32 bytes in hex. */
  readonly publicKey: string;
  /** Ed25519 over `openingForm`, 64 bytes in hex. */
  readonly signature: string;
}

/** The orderly end of a chain: there is no record after it, and none was given up. */
export interface ChainClosing {
  readonly chainId: string;
  /** Of the last record. */
  readonly seq: number;
  /** Of the last record. */
  readonly hash: string;
  /** Milliseconds since the epoch. */
  readonly closedAtMs: number;
  /** By the key of the chain's opening, over `closingForm`. */
  readonly signature: string;
}

/** What retention leaves of the records that it removed: the beginning of a chain, as far as it is old enough. */
export interface Tombstone {
  readonly chainId: string;
  /** Of the last record that was removed: what is left begins behind it. */
  readonly throughSeq: number;
  /** Of that record: the `prev_hash` of the first that is left. */
  readonly hash: string;
  /** Records removed with this tombstone; those before have a tombstone of their own. */
  readonly count: number;
  /** Milliseconds since the epoch. */
  readonly removedAtMs: number;
  /** Of the key that signs the tombstone. */
  readonly publicKey: string;
  /** Over `tombstoneForm`. */
  readonly signature: string;
}

/** Where the ends of chains are kept; their openings come with their first record. */
export interface ChainRegister {
  /**
   * Resolves once the closing is durable; writing it again changes nothing.
   * @throws {StorageError} when it may not be.
   */
  close(closing: ChainClosing): Promise<void>;
}
