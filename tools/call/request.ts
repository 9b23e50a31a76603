/** A call as it came: nothing of it is checked. */
export interface CallRequest {
  /** The method that carried it, for the record. */
  readonly method: string;
  readonly tool: unknown;
  readonly args: unknown;
  /** Names a call that must run once, however often it is made; none where `undefined`. */
  readonly idempotencyKey?: unknown;
  /** The record of the call whose tool makes this one. */
  readonly calledBy?: string;
}
