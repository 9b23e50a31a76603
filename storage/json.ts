/** A value that JSON text can hold. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

/** A JSON object; a member that is absent reads as `undefined`. */
export interface JsonObject {
  readonly [member: string]: Json | undefined;
}
