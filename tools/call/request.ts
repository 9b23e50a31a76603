/** A call as it came: nothing of it is checked. */
export interface CallRequest {
  /** The method that carried it, for the record. */
  readonly method: string;
  readonly tool: unknown;
  readonly args: unknown;
}
