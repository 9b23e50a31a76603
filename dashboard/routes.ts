import { dirname, join } from "node:path/posix";
import { Hono } from "hono";
import { accepts } from "hono/accepts";
import { etag } from "hono/etag";

const TYPES: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  css: "text/css; charset=utf-8",
  svg: "image/svg+xml",
  ts: "text/javascript; charset=utf-8",
};

/** The page, the script that it begins with, and where both have their place. */
const PAGE = "index.html";
const ENTRY = "app.ts";
const FOLDERS: Readonly<Record<"assets" | "client", URL>> = {
  assets: new URL("assets/", import.meta.url),
  client: new URL("client/", import.meta.url),
};

/** Where the page says which scripts it will ask for. */
const PRELOADS = "<!-- preloads -->";

/** What is served: names below the mount point, such as `try/view.ts`, with their bodies. */
type Files = ReadonlyMap<string, string>;

/**
 * The dashboard's page: mount it at `/dashboard`. Its files are read at the first request. They hold nothing of anybody:
 * everyone may have them, and what is called from them asks for the right to it.
 *
 * The scripts are served as the modules that they are, without their types: nothing is built, and what runs is what is
 * in the source. The page names all modules of its first view, so that the browser asks for them at once; those of the
 * other views come with the first visit.
 *
 * @param authMode AUTH_MODE, which the page asks a credential for
 */
export function createDashboard({ authMode = "none" }: { readonly authMode?: "none" | "token" | "oidc" } = {}): Hono {
  const dashboard = new Hono();
  const gzipped = new Map<string, Uint8Array<ArrayBuffer>>();
  let reading: Promise<Files> | undefined;

  dashboard.use(async (context, next) => {
    await next();
    // Asked for each time and answered 304 where it is the same, so that a new version is never half an old one.
    context.header("cache-control", "no-cache");
  });
  dashboard.use(etag());
  // The second path is the mount point with a slash after it. No path of a request reaches the file system.
  dashboard.on("GET", ["/", "/:nothing{$}", "/:file{.+}"], async (context) => {
    const file = context.req.param("file");
    if (file === PAGE) return context.notFound();
    const name = file ?? PAGE;
    const body = (await (reading ??= readFiles(authMode))).get(name);
    const type = TYPES[name.slice(name.lastIndexOf(".") + 1)];
    if (body === undefined || type === undefined) return context.notFound();
    const headers = { "content-type": type, vary: "accept-encoding" };
    const encoding = accepts(context, { header: "Accept-Encoding", supports: ["gzip"], default: "identity" });
    if (encoding !== "gzip") return context.body(body, 200, headers);
    return context.body(await gzip(name, body), 200, { ...headers, "content-encoding": "gzip" });
  });

  /** Packed once: nothing of it depends on who asks, so its size tells nobody anything. */
  async function gzip(name: string, body: string): Promise<Uint8Array<ArrayBuffer>> {
    // Loaded with the first page: a start has no use for it.
    const { gzipSync } = await import("node:zlib");
    const kept = gzipped.get(name) ?? new Uint8Array(gzipSync(body, { level: 9 }));
    gzipped.set(name, kept);
    return kept;
  }

  return dashboard;
}

async function readFiles(authMode: string): Promise<Files> {
  const { stripTypeScriptTypes } = await import("node:module");
  const files = new Map<string, string>();
  for await (const name of namesIn(FOLDERS.assets, "")) {
    files.set(name, await Deno.readTextFile(new URL(name, FOLDERS.assets)));
  }
  for await (const name of namesIn(FOLDERS.client, "")) {
    files.set(name, stripTypeScriptTypes(await Deno.readTextFile(new URL(name, FOLDERS.client))));
  }
  const preloads = importedBy(ENTRY, files).map((name) => `<link rel="modulepreload" href="/dashboard/${name}">`);
  const page = files.get(PAGE) ?? "";
  files.set(
    PAGE,
    page.replace('data-auth="none"', `data-auth="${authMode}"`).replace(PRELOADS, preloads.join("\n    ")),
  );
  return files;
}

async function* namesIn(folder: URL, prefix: string): AsyncIterable<string> {
  for await (const { name, isDirectory } of Deno.readDir(new URL(prefix, folder))) {
    if (isDirectory) yield* namesIn(folder, `${prefix}${name}/`);
    else if (Object.hasOwn(TYPES, name.slice(name.lastIndexOf(".") + 1))) yield prefix + name;
  }
}

/** What a script imports, over all steps, but for what it loads only when it comes there. */
function importedBy(entry: string, files: Files): readonly string[] {
  const found = new Set([entry]);
  for (const name of found) {
    for (const [, path = ""] of files.get(name)?.matchAll(/^(?:import|export)\b[^"()]*"(\.[^"]+)"/gm) ?? []) {
      found.add(join(dirname(name), path));
    }
  }
  return [...found].slice(1);
}
