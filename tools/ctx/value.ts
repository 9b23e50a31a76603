import { Buffer } from "node:buffer";
import { encodeContextValue } from "../../storage/context_value.ts";
import type { Json } from "../../storage/json.ts";
import { anyJson } from "../schema.ts";

export const VALUE_BYTES_MAX = 65_536;

export const TOO_LARGE = `Keep the value under ${VALUE_BYTES_MAX} bytes as JSON: store a summary or a reference`;

/** A value to be stored. */
export const contextValue = anyJson
  .refine((value) => value !== undefined, "Give a value: any JSON, null included")
  .refine((value) => value === undefined || fits(value), TOO_LARGE)
  .describe(`Any JSON, at most ${VALUE_BYTES_MAX} bytes`);

export function fits(value: Json): boolean {
  return Buffer.byteLength(encodeContextValue(value)) <= VALUE_BYTES_MAX;
}
