/** What a ticket is for: `upgrade` opens one WebSocket, `session` is the dashboard's cookie. */
export type TicketKind = "upgrade" | "session";

/** Short-lived secrets that this server hands out itself, known to all replicas by their digest alone. */
export interface TicketStore extends AsyncDisposable {
  /**
   * @param sha256 of the secret, in 64 hex digits
   * @param payload text to be given back for it
   * @param ttlSeconds whole seconds, at least 1
   * @throws {StorageError} when the store is away or too slow, or holds as many as it may.
   */
  put(kind: TicketKind, sha256: string, payload: string, ttlSeconds: number): Promise<void>;
  /** @throws {StorageError} when the store is away or too slow. */
  get(kind: TicketKind, sha256: string): Promise<string | undefined>;
  /**
   * Gives the payload and forgets it, as one step: of several takers one gets it.
   *
   * @throws {StorageError} when the store is away or too slow.
   */
  take(kind: TicketKind, sha256: string): Promise<string | undefined>;
}
