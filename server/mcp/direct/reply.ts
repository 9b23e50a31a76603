import type { DirectRequest } from "./request.ts";

/** A reply with status 200 that is whole. */
export interface DirectReply {
  readonly text: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** @param outcome a member of the reply with its name, as JSON text */
export function printReply(id: DirectRequest["id"], outcome: string): string {
  return `{"jsonrpc":"2.0","id":${JSON.stringify(id)},${outcome}}`;
}

/** The same as it leaves over HTTP. A client takes JSON in place of a stream that would have one event. */
export function replyTo(id: DirectRequest["id"], outcome: string): DirectReply {
  return { text: printReply(id, outcome), headers: JSON_HEADERS };
}

/** @param data what programs read of it, if anything */
export function printError(code: number, message: string, data?: object): string {
  return `"error":${JSON.stringify({ code, message, ...(data && { data }) })}`;
}

const JSON_HEADERS = { "content-type": "application/json" };
