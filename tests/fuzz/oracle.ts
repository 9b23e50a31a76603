import assert from "node:assert/strict";

/** The house's bounds, which the fuzzed server has by default. */
const BATCH_MAX = 32;
const DEPTH_MAX = 64;

/** The codes that a fault of the peer, of an outside system or of a bound may have; −32603 would be a fault of ours. */
const CODES = new Set([-32700, -32600, -32601, -32602, -32000, -32004, -32006, -32008, -32009, -32010]);

/**
 * What a text must be answered with, told by the ids alone: `"a"` for one reply, `["a",null]` (sorted) for a batch's,
 * `undefined` for silence. Written from the protocol, not from the server's code.
 */
export function expectedReply(text: string): string | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return "null";
  }
  if (!Array.isArray(value)) return replyTo(value);
  if (value.length === 0 || value.length > BATCH_MAX) return "null";
  const ids = value.flatMap((message) => replyTo(message) ?? []);
  return ids.length > 0 ? batchKey(ids) : undefined;
}

/** The same of a reply that came. @throws where it is no valid reply. */
export function keyOfReply(text: string): string {
  const value: unknown = JSON.parse(text);
  if (!Array.isArray(value)) return checkReply(value);
  assert(value.length > 0, "a batch's reply is not empty");
  return batchKey(value.map(checkReply));
}

function batchKey(ids: readonly string[]): string {
  return `[${ids.toSorted().join(",")}]`;
}

function replyTo(message: unknown): string | undefined {
  if (!isRecord(message)) return "null";
  if (Object.hasOwn(message, "id")) return isId(message["id"]) ? JSON.stringify(message["id"]) : "null";
  const { jsonrpc, method, params } = message;
  const isNotification = jsonrpc === "2.0" && typeof method === "string" && method.startsWith("notifications/") &&
    (params === undefined || (typeof params === "object" && params !== null)) && depthOf(params) < DEPTH_MAX;
  return isNotification ? undefined : "null";
}

function isId(id: unknown): boolean {
  return id === null || typeof id === "string" ||
    (typeof id === "number" && Number.isFinite(id) && (!Number.isInteger(id) || Number.isSafeInteger(id)));
}

function depthOf(value: unknown): number {
  let level: unknown[] = [value];
  let depth = 0;
  for (;;) {
    level = level.flatMap((each) => typeof each === "object" && each !== null ? [each] : []);
    if (level.length === 0 || depth > DEPTH_MAX) return depth;
    depth++;
    level = level.flatMap((each) => Object.values(each as object));
  }
}

function checkReply(reply: unknown): string {
  assert(isRecord(reply), "a reply is an object");
  assert.equal(reply["jsonrpc"], "2.0");
  assert(Object.hasOwn(reply, "id") && isId(reply["id"]), "a reply has an id");
  const isError = Object.hasOwn(reply, "error");
  assert.equal(Object.keys(reply).length, 3, `a reply has jsonrpc, id and one more: ${Object.keys(reply)}`);
  assert.notEqual(isError, Object.hasOwn(reply, "result"), "a reply has a result or an error");
  if (isError) checkError(reply["error"]);
  return JSON.stringify(reply["id"]);
}

function checkError(error: unknown): void {
  assert(isRecord(error), "an error is an object");
  const { code, message, data } = error;
  assert(isRecord(data), `an error is an object with data: ${JSON.stringify(error)}`);
  assert(CODES.has(Number(code)), `the code is one of a refusal: ${JSON.stringify(error)}`);
  assert(typeof message === "string" && message !== "", "an error has a message");
  assert(typeof data["kind"] === "string" && typeof data["hint"] === "string", "an error has a kind and a hint");
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
