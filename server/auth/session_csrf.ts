import { Buffer } from "node:buffer";
import { timingSafeEqual } from "node:crypto";
import type { MiddlewareHandler } from "hono";
import { csrf } from "hono/csrf";
import type { Session } from "./session.ts";

/** The header in which a page of this server shows that it can read what the server told it. */
export const CSRF_HEADER = "x-csrf-token";

/**
 * Whether a request that comes with a session's cookie may change something: it brings the session's CSRF token, and no
 * browser says that a page of elsewhere sent it. Pages of ALLOWED_ORIGINS are elsewhere too: they have no part in the
 * cookie.
 */
export function mayChange(request: Request, session: Pick<Session, "csrf">): boolean {
  const given = Buffer.from(request.headers.get(CSRF_HEADER) ?? "");
  const expected = Buffer.from(session.csrf);
  return given.length === expected.length && timingSafeEqual(given, expected) && isOwnPage(request);
}

/**
 * Refuses with 403, by Hono's middleware, what a form or a beacon of another origin could send. Mount it before routes
 * that take the session's cookie or set it.
 */
export function refuseForeignForms(): MiddlewareHandler {
  // Behind a proxy that ends TLS the schemes differ: the host tells.
  return csrf({ origin: (origin, context) => isOrigin(origin, hostOf(context.req.raw)) });
}

/**
 * Whether the browser says that a page of this server sent the request; programs say nothing, and pass. What it says in
 * `sec-fetch-site` holds behind a proxy that puts another Host in, too; the door has looked at the Host.
 */
export function isOwnPage(request: Request): boolean {
  const site = request.headers.get("sec-fetch-site");
  if (site !== null) return site === "same-origin";
  const origin = request.headers.get("origin");
  return origin === null || isOrigin(origin, hostOf(request));
}

function isOrigin(origin: string, host: string): boolean {
  return /^https?:/i.test(origin) && URL.parse(origin)?.host === host;
}

/** HTTP/2 has it in the URL alone. */
function hostOf(request: Request): string {
  return (request.headers.get("host") ?? new URL(request.url).host).toLowerCase();
}
