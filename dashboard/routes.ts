import { stripTypeScriptTypes } from "node:module";
import { Hono } from "hono";
import { etag } from "hono/etag";

const HTML = "text/html; charset=utf-8";
const CSS = "text/css; charset=utf-8";
const SVG = "image/svg+xml";
const SCRIPT = "text/javascript; charset=utf-8";

/** Every file that is served; no path of a request reaches the file system. */
const ASSETS: Readonly<Record<string, string>> = {
  "index.html": HTML,
  "style.css": CSS,
  "icon.svg": SVG,
  "account.ts": SCRIPT,
  "app.ts": SCRIPT,
  "composer.ts": SCRIPT,
  "connection.ts": SCRIPT,
  "examples.ts": SCRIPT,
  "exchange.ts": SCRIPT,
  "history.ts": SCRIPT,
  "json_text.ts": SCRIPT,
  "reply.ts": SCRIPT,
  "session.ts": SCRIPT,
  "sign_in.ts": SCRIPT,
  "status.ts": SCRIPT,
  "view.ts": SCRIPT,
  "workbench.ts": SCRIPT,
};

/**
 * Nothing but the page's own files runs, nothing else is talked to (`'self'` covers the WebSocket of the same host and
 * port: Content Security Policy 3, section 6.7.2.8), and text cannot become markup.
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join("; ");

const HEADERS: Readonly<Record<string, string>> = {
  "content-security-policy": POLICY,
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  // Asked for each time and answered 304 where it is the same, so that a new version is never half an old one.
  "cache-control": "no-cache",
};

/**
 * The dashboard: mount it at `/dashboard`. Its files are read at the first request for each. They hold nothing of
 * anybody: everyone may have them, and what is called from them asks for the right to it.
 *
 * @param authMode AUTH_MODE, which the page asks a credential for
 */
export function createDashboard({ authMode = "none" }: { readonly authMode?: "none" | "token" | "oidc" } = {}): Hono {
  const dashboard = new Hono();
  const bodies = new Map<string, string>();

  async function bodyOf(name: string): Promise<string> {
    const kept = bodies.get(name);
    if (kept !== undefined) return kept;
    const text = await Deno.readTextFile(new URL(`assets/${name}`, import.meta.url));
    const body = served(name, text);
    bodies.set(name, body);
    return body;
  }

  function served(name: string, text: string): string {
    if (ASSETS[name] === SCRIPT) return stripTypeScriptTypes(text);
    return name === "index.html" ? text.replace('data-auth="none"', `data-auth="${authMode}"`) : text;
  }

  // Around the ETag's, so that a 304 carries them too: its headers take the place of those that a browser has stored.
  dashboard.use(async (context, next) => {
    await next();
    for (const [name, value] of Object.entries(HEADERS)) context.header(name, value);
  });
  dashboard.use(etag());
  for (const [name, type] of Object.entries(ASSETS)) {
    // The second path is the mount point with a slash after it.
    const paths = name === "index.html" ? ["/", "/:nothing{$}"] : [`/${name}`];
    dashboard.on("GET", paths, async (context) => context.body(await bodyOf(name), 200, { "content-type": type }));
  }
  return dashboard;
}
