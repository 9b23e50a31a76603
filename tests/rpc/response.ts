import assert from "node:assert/strict";
import { z } from "zod";

const id = z.union([z.string(), z.number(), z.null()]);
const jsonrpc = z.literal("2.0");

const response = z.union([
  z.strictObject({ jsonrpc, id, result: z.json() }),
  z.strictObject({
    jsonrpc,
    id,
    error: z.strictObject({ code: z.int(), message: z.string(), data: z.json().optional() }),
  }),
]);

/** A response to one request: it has `result` or `error`, never both nor anything else. */
export type Response = z.output<typeof response>;

/** What a router says: a response, or a batch's responses. */
export type Answer = Response | readonly Response[];

/** Reads a reply by the letter of JSON-RPC 2.0, section 5. @throws where it departs from it. */
export function parseAnswer(text: string): Answer {
  const value: unknown = JSON.parse(text);
  if (!Array.isArray(value)) return parseResponse(value);
  assert.notEqual(value.length, 0, "A batch without responses is answered with nothing, not with []");
  return value.map(parseResponse);
}

/** The one response of a reply that is no batch. */
export function parseSingle(text: string | undefined): Response {
  assert(text !== undefined, "Expected a reply");
  const answer = parseAnswer(text);
  assert(!("length" in answer), `Expected one response, but got a batch: ${text}`);
  return answer;
}

/** The responses of a batch's reply. */
export function parseBatch(text: string | undefined): readonly Response[] {
  assert(text !== undefined, "Expected a reply");
  const answer = parseAnswer(text);
  assert("length" in answer, `Expected a batch, but got one response: ${text}`);
  return answer;
}

function parseResponse(value: unknown): Response {
  const parsed = response.safeParse(value);
  assert(parsed.success, `No response of JSON-RPC 2.0: ${JSON.stringify(value)?.slice(0, 500)}`);
  // "__proto__" and other members beyond the schema are refused by strictObject; the value itself is given back.
  return parsed.data;
}
