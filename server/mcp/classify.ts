import { isObject } from "../../rpc/message.ts";

/** Methods that only the official protocol has. */
const METHOD =
  /^(?:initialize|ping|(?:server|tools|resources|prompts|completion|logging|subscriptions|tasks|notifications)\/.+)$/;
/** How one may stand in a message's text. What holds no such words is not parsed for it. */
const IN_TEXT =
  /"method"\s*:\s*"(?:initialize"|ping"|(?:server|tools|resources|prompts|completion|logging|subscriptions|tasks|notifications)\\?\/)/;

/** Whether a request says in a header that it speaks the official protocol. */
export function isOfficialRequest(headers: Headers): boolean {
  return headers.has("mcp-protocol-version") || headers.has("mcp-session-id") || headers.has("mcp-method");
}

/**
 * Whether a POST to `/mcp` speaks the official protocol: it says so in a header, or its method is one of its own. All
 * else is the house dialect's, batches and what is no message among it.
 */
export function isOfficialPost(headers: Headers, body: string): boolean {
  if (isOfficialRequest(headers)) return true;
  if (!IN_TEXT.test(body)) return false;
  try {
    const message: unknown = JSON.parse(body);
    return isObject(message) && typeof message["method"] === "string" && METHOD.test(message["method"]);
  } catch {
    return false;
  }
}
