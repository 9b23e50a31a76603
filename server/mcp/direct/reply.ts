import type { PostedRequest } from "./request.ts";

/** A reply with status 200 that is whole, be it in the form of a stream. */
export interface DirectReply {
  readonly text: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** @param outcome a member of the reply with its name, as JSON text */
export function printReply(id: PostedRequest["id"], outcome: string): string {
  return `{"jsonrpc":"2.0","id":${JSON.stringify(id)},${outcome}}`;
}

/** The reply to a request that was posted, as the SDK sends it. */
export function replyTo({ id, streams }: Pick<PostedRequest, "id" | "streams">, outcome: string): DirectReply {
  const text = printReply(id, outcome);
  // JSON has no line breaks of its own, so that one line of data holds it.
  return streams
    ? { text: `event: message\ndata: ${text}\n\n`, headers: STREAM_HEADERS }
    : { text, headers: JSON_HEADERS };
}

/** @param data what programs read of it, if anything */
export function printError(code: number, message: string, data?: object): string {
  return `"error":${JSON.stringify({ code, message, ...(data && { data }) })}`;
}

const JSON_HEADERS = { "content-type": "application/json" };
const STREAM_HEADERS = {
  "content-type": "text/event-stream",
  "cache-control": "no-cache, no-transform",
  "connection": "keep-alive",
  "x-accel-buffering": "no",
};
