import { ProtocolError, ProtocolErrorCode, ResourceNotFoundError } from "@modelcontextprotocol/server";
import { ToolError } from "../../../tools/error.ts";
import { HOUSE_CODES } from "../../house_errors.ts";

/** Why a call behind a method other than `tools/call` failed, as a protocol error: there is no result to say it in. */
export function toProtocolError({ kind, message, hint, data }: ToolError): ProtocolError {
  return new ProtocolError(HOUSE_CODES[kind], message, { kind, ...(hint !== undefined && { hint }), ...data });
}

/** @returns the error of a resource that cannot be read: `data.uri`, and nothing else, says that there is none */
export function toReadError(uri: string, error: unknown): unknown {
  if (!(error instanceof ToolError)) return error;
  const isMissing = error.kind === "not_found" || error.kind === "invalid_params";
  return isMissing ? new ResourceNotFoundError(uri, error.message) : toProtocolError(error);
}

export function unknownSubscription(uri: string): ProtocolError {
  const message = `Cannot subscribe to ${
    JSON.stringify(uri.slice(0, 256))
  }: only context, ctx://{key}, tells of its changes`;
  return new ProtocolError(ProtocolErrorCode.InvalidParams, message, { uri: uri.slice(0, 256) });
}
