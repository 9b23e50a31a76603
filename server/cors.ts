import type { MiddlewareHandler } from "hono";
import { cors } from "hono/cors";

/** Seconds that a browser may remember a preflight's answer. */
const PREFLIGHT_SECONDS = 600;

/** What a client of either protocol sends. */
const REQUEST_HEADERS = [
  "authorization",
  "content-type",
  "accept",
  "last-event-id",
  "mcp-session-id",
  "mcp-protocol-version",
  "mcp-method",
  "mcp-name",
];

/** What its page may read of a reply beside the few that every page may. */
const RESPONSE_HEADERS = [
  "mcp-session-id",
  "retry-after",
  "ratelimit",
  "ratelimit-policy",
  "www-authenticate",
];

/**
 * Lets pages of the given origins read what they ask for; for any other page nothing changes, and where none is given
 * there is no CORS at all. Cookies never cross origins: a page sends its credential in `Authorization`.
 *
 * Mount it at routes that such pages call, after the door and before anything that asks for a credential: a preflight
 * brings none.
 */
export function createCors({ allowedOrigins, methods = ["GET", "POST", "DELETE"] }: {
  /** As browsers write them: `https://ops.example`. */
  readonly allowedOrigins: readonly string[];
  readonly methods?: readonly string[];
}): MiddlewareHandler {
  const origins = new Set(allowedOrigins);
  const share = cors({
    origin: [...origins],
    allowMethods: [...methods],
    allowHeaders: REQUEST_HEADERS,
    exposeHeaders: RESPONSE_HEADERS,
    maxAge: PREFLIGHT_SECONDS,
  });
  return async (context, next) => {
    const isUpgrade = context.req.method === "GET" && context.req.header("upgrade")?.toLowerCase() === "websocket";
    // An upgrade's headers cannot be changed, and browsers ask nobody's leave to open a WebSocket: the door looks at it.
    if (isUpgrade || origins.size === 0) return await next();
    if (origins.has(context.req.header("origin") ?? "")) return await share(context, next);
    await next();
    context.header("vary", "Origin", { append: true });
  };
}
