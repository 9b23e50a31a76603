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

  dashboard.use(async (context, next) => {
    await next();
    // Asked for each time and answered 304 where it is the same, so that a new version is never half an old one.
    context.header("cache-control", "no-cache");
  });
  dashboard.use(etag());
  for (const [name, type] of Object.entries(ASSETS)) {
    // The second path is the mount point with a slash after it.
    const paths = name === "index.html" ? ["/", "/:nothing{$}"] : [`/${name}`];
    dashboard.on("GET", paths, async (context) => context.body(await bodyOf(name), 200, { "content-type": type }));
  }
  return dashboard;
}
