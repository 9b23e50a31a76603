/** What a call was about to change elsewhere, said before it ran. The call's record has the same event id. */
export interface AuditIntent {
  readonly eventId: string;
  /** Milliseconds since the epoch. */
  readonly atMs: number;
  readonly toolName: string;
  readonly principal: string;
  /** Redacted JSON, capped. */
  readonly params: string;
  /** Of the redacted whole, in hex. */
  readonly paramsSha256: string;
  readonly replica: string;
}

/** Where intents are kept, beside the audit log: after a crash they tell what may have been changed. */
export interface IntentLog {
  /**
   * Resolves once the intent is durable; writing it again changes nothing.
   * @throws {StorageError} when it may not be.
   */
  intend(intent: AuditIntent): Promise<void>;
}
