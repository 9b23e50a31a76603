import assert from "node:assert/strict";
import { Hono } from "hono";
import { createDashboard } from "../../dashboard/routes.ts";
import { createGuards } from "../../server/headers.ts";

/** The dashboard, mounted as the server does: around it are the headers that guard every response. */
function get(path: string, headers: Record<string, string> = {}): Promise<Response> {
  const app = new Hono().use(createGuards({ publicUrl: undefined }).around).route("/dashboard", createDashboard());
  return Promise.resolve(app.request(path, { headers }));
}

const assets = ["assets", "client"].flatMap((folder) => Array.from(filesIn(`../../dashboard/${folder}/`, "")));

function* filesIn(folder: string, prefix: string): Iterable<string> {
  for (const { name, isDirectory } of Deno.readDirSync(new URL(folder + prefix, import.meta.url))) {
    if (isDirectory) yield* filesIn(folder, `${prefix}${name}/`);
    else yield prefix + name;
  }
}

/** What a path is served as. */
function typeOf(path: string): string {
  if (path.endsWith(".ts")) return "text/javascript; charset=utf-8";
  if (path.endsWith(".css")) return "text/css; charset=utf-8";
  return path.endsWith(".svg") ? "image/svg+xml" : "text/html; charset=utf-8";
}

const PATHS = [
  "/dashboard",
  "/dashboard/",
  ...assets.filter((name) => name !== "index.html").map((name) => `/dashboard/${name}`),
];

Deno.test("every file of the page is served with its type and the headers that guard it", async (t) => {
  for (const path of PATHS) {
    await t.step(path, async () => {
      const response = await get(path);
      assert.equal(response.status, 200);
      assert((await response.text()).length > 0);
      assert.equal(response.headers.get("content-type"), typeOf(path));
      assert.equal(response.headers.get("x-content-type-options"), "nosniff");
      assert.equal(response.headers.get("cache-control"), "no-cache");
      assert.equal(response.headers.get("referrer-policy"), "no-referrer");
      assert.equal(response.headers.get("cross-origin-opener-policy"), "same-origin");
      assert.equal(response.headers.get("cross-origin-resource-policy"), "same-origin");
      assert.equal(response.headers.get("access-control-allow-origin"), null);
    });
  }
});

Deno.test("the policy lets nothing in but the page's own files", async () => {
  const policy = (await get("/dashboard")).headers.get("content-security-policy") ?? "";
  const directives = new Map(policy.split("; ").map((directive) => [directive.split(" ")[0], directive]));
  assert.equal(directives.get("default-src"), "default-src 'none'");
  assert.equal(directives.get("script-src"), "script-src 'self'");
  assert.equal(directives.get("frame-ancestors"), "frame-ancestors 'none'");
  assert.equal(directives.get("base-uri"), "base-uri 'none'");
  assert.equal(directives.get("form-action"), "form-action 'none'");
  assert.doesNotMatch(policy, /unsafe|\*|https?:/);
});

Deno.test("the page knows what AUTH_MODE asks for, and its style is the same for all", async () => {
  const read = async (path: string, authMode?: "none" | "token" | "oidc") => {
    const app = new Hono().route("/dashboard", createDashboard(authMode && { authMode }));
    return await (await app.request(path)).text();
  };
  for (
    const [given, written] of [[undefined, "none"], ["none", "none"], ["token", "token"], ["oidc", "oidc"]] as const
  ) {
    const page = await read("/dashboard", given);
    assert.deepEqual(page.match(/data-auth="\w+"/g), [`data-auth="${written}"`]);
    assert.equal(await read("/dashboard/style.css", given), await read("/dashboard/style.css"));
  }
});

Deno.test("a script is served as JavaScript, without types", async () => {
  for (const name of assets.filter((name) => name.endsWith(".ts"))) {
    const script = await (await get(`/dashboard/${name}`)).text();
    assert.doesNotMatch(script, /\binterface \w+ \{|: readonly |\bimport type\b/, name);
    // A relative import of a file that is not served would stop the page.
    for (const [, imported = ""] of script.matchAll(/(?:from|import\() ?"(\.[^"]+)"/g)) {
      const { pathname } = new URL(imported, `http://server/dashboard/${name}`);
      assert.equal((await get(pathname)).status, 200, `${name} imports ${imported}`);
    }
  }
});

Deno.test("a file that the browser has is not sent again", async (t) => {
  for (const path of PATHS) {
    await t.step(path, async () => {
      const first = await get(path);
      const body = await first.text();
      const etag = first.headers.get("etag");
      assert(etag, "there is an ETag");
      const again = await get(path, { "if-none-match": etag });
      assert.deepEqual([again.status, await again.text(), again.headers.get("etag")], [304, "", etag]);
      // Else a browser would keep the policy of an older version with the same page.
      assert.equal(again.headers.get("content-security-policy"), first.headers.get("content-security-policy"));
      const other = await get(path, { "if-none-match": '"another"' });
      assert.deepEqual([other.status, await other.text()], [200, body]);
    });
  }
});

Deno.test("no path but those of the files leads anywhere", async (t) => {
  const paths = [
    "/dashboard/nothing.ts",
    "/dashboard/client/app.ts",
    "/dashboard/core",
    "/dashboard/core/",
    "/dashboard/index.html",
    "/dashboard/assets/app.ts",
    "/dashboard/../routes.ts",
    "/dashboard/..%2froutes.ts",
    "/dashboard/%2e%2e/routes.ts",
    "/dashboard/..%5croutes.ts",
    "/dashboard/....//routes.ts",
    "/dashboard/%2e%2e%2f%2e%2e%2fdeno.json",
    "/dashboard//etc/passwd",
    "/dashboard/%2fetc%2fpasswd",
    "/dashboard/app.ts%00.html",
    "/dashboard/app.ts/",
    "/dashboard/APP.TS",
    "/dashboard/constructor",
    "/dashboard/__proto__",
  ];
  for (const path of paths) {
    await t.step(path, async () => {
      const response = await get(path);
      const body = await response.text();
      assert.equal(response.status, 404);
      assert.doesNotMatch(body, /import |root:/);
    });
  }
});

Deno.test("the page's files are only read", async (t) => {
  const app = new Hono().route("/dashboard", createDashboard());
  for (const method of ["POST", "PUT", "DELETE", "PATCH"]) {
    await t.step(method, async () => {
      assert.equal((await app.request("/dashboard/app.ts", { method })).status, 404);
    });
  }
});
