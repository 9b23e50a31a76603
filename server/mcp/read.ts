import { isDeeper } from "../../rpc/message.ts";
import type { Refusal } from "../refusals.ts";

/** Why a text is no message of the official protocol, and the error that says so. */
export interface RefusedMessage {
  readonly reason: Extract<Refusal, "parse_error" | "invalid_request" | "depth">;
  readonly code: -32700 | -32600;
  readonly message: string;
}

/** Reads the text of one message, within the bounds that hold for every dialect; its form is looked at by the SDK. */
export function readOfficial(
  text: string,
  depthMax: number,
): { readonly value: unknown; readonly refused?: undefined } | { readonly refused: RefusedMessage } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { refused: { reason: "parse_error", code: -32700, message: "Parse error: send one JSON object a message" } };
  }
  if (Array.isArray(value)) {
    const message = "Invalid Request: send one message at a time, for this protocol has no batches";
    return { refused: { reason: "invalid_request", code: -32600, message } };
  }
  if (isDeeper(value, depthMax)) {
    const message = `Invalid Request: nest at most ${depthMax} levels of arrays and objects`;
    return { refused: { reason: "depth", code: -32600, message } };
  }
  return { value };
}
