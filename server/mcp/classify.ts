/** Methods that only the official protocol has, as they stand in a message's text. */
const OFFICIAL_METHOD =
  /"method"\s*:\s*"(?:initialize"|ping"|server\/|tools\/|resources\/|prompts\/|completion\/|logging\/|subscriptions\/|tasks\/|notifications\/)/;

/**
 * Whether a POST to `/mcp` speaks the official protocol: it says so in a header, or its method is one of its own. All
 * else is the house dialect's, which has no such method.
 *
 * The text is not parsed for it: a message that only quotes such a method is answered by either side as it deserves.
 */
export function isOfficialPost(headers: Headers, body: string): boolean {
  return headers.has("mcp-protocol-version") || headers.has("mcp-session-id") || headers.has("mcp-method") ||
    OFFICIAL_METHOD.test(body);
}
