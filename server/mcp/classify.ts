/** Methods that only the official protocol has, as they stand in a message's text. */
const OFFICIAL_METHOD =
  /"method"\s*:\s*"(?:initialize"|ping"|server\/|tools\/|resources\/|prompts\/|completion\/|logging\/|subscriptions\/|tasks\/|notifications\/)/;

/** Whether a request says in a header that it speaks the official protocol. */
export function isOfficialRequest(headers: Headers): boolean {
  return headers.has("mcp-protocol-version") || headers.has("mcp-session-id") || headers.has("mcp-method");
}

/**
 * Whether a POST to `/mcp` speaks the official protocol: it says so in a header, or its method is one of its own. All
 * else is the house dialect's, batches among it.
 *
 * The text is not parsed for it: a message that only quotes such a method is answered by either side as it deserves.
 */
export function isOfficialPost(headers: Headers, body: string): boolean {
  return isOfficialRequest(headers) || (!body.trimStart().startsWith("[") && OFFICIAL_METHOD.test(body));
}
