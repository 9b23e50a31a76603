import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { ATTEMPTS, perform, performAll } from "./door_browser/attempts.ts";
import { type Site, startOpenServer, startSite } from "./door_browser/sites.ts";
import { preparePages, type Visit } from "./door_browser/visits.ts";
import { type Chromium, launchChromium, WITH_PAGES } from "./services/chromium.ts";
import { type ServerService, startServer } from "./services/server.ts";

// Web pages of other origins try to drive a server that runs on the machine of whoever looks at them.

let browser: Chromium;
let site: Site;

Deno.test.beforeAll(async () => {
  site = startSite();
  browser = await launchChromium();
});

Deno.test.afterAll(async () => {
  await browser[Symbol.asyncDispose]();
  await site[Symbol.asyncDispose]();
});

const NAMES = ATTEMPTS.map(({ name }) => name);

Deno.test("all attempts of a page reach a server that has no door", WITH_PAGES, async () => {
  await using open = startOpenServer();
  const { page } = await browser.newPage();
  await page.goto(site.url("localhost"));
  await performAll(page, open.url);
  assert.deepEqual([...await open.taken(NAMES.length)].sort(), [...NAMES].sort());
});

Deno.test("a page of another origin opens no socket, posts nothing and spends no limit", WITH_PAGES, async (t) => {
  const dataDir = await Deno.makeTempDir({ prefix: "mcp-data-" });
  try {
    let port: number;
    let visits: readonly Visit[];
    {
      await using before = startSite();
      ({ port } = before);
      visits = await preparePages(browser, site, before);
    }
    await using server = await startServer({ DATA_DIR: dataDir, PORT: String(port) });
    for (const visit of visits) await t.step(`from ${visit.from}`, () => knock(visit, server));
    await t.step("nothing has happened", () => assertUntouched(server, dataDir));
    await t.step("while the server's own page may", async () => {
      const { page, complaints } = await browser.newPage();
      await page.goto(`${server.url}/dashboard`);
      const allowed = ATTEMPTS.filter(({ kind }) => ["socket", "fetch-json"].includes(kind));
      for (const attempt of allowed) assert.equal(await perform(page, server.url, attempt), "done");
      assert.deepEqual(complaints, []);
      assert.deepEqual(await contextKeys(server.url), allowed.map(({ name }) => name));
    });
  } finally {
    await Deno.remove(dataDir, { recursive: true });
  }
});

/** Lets the page try everything, and sees it all refused at the door. */
async function knock({ page, pageUrl, target, reason }: Visit, server: ServerService): Promise<void> {
  if (page.url() !== pageUrl) await page.goto(pageUrl);
  const refusals = async () => {
    const count = new RegExp(`^mcp_refusals_total\\{reason="${reason}"\\} (\\d+)$`, "m");
    return Number(count.exec(await metrics(server.url))?.[1] ?? 0);
  };
  const before = await refusals();
  const outcomes = await performAll(page, server.url.replace("127.0.0.1", target));
  for (const [name, outcome] of outcomes) assert.notEqual(outcome, "done", name);
  // All arrive, also those of which the page learns nothing.
  const deadline = performance.now() + 10_000;
  let refused = 0;
  while (refused < NAMES.length && performance.now() < deadline) refused = await refusals() - before;
  assert.equal(refused, NAMES.length);
}

async function assertUntouched({ url }: ServerService, dataDir: string): Promise<void> {
  assert.doesNotMatch(await metrics(url), /^mcp_tool_calls_total\{/m, "no tool was called");
  const limit = await (await fetch(`${url}/test/rate-limit`)).json();
  assert.equal(limit.remaining, 9, "nobody else has spent of it");
  using database = new DatabaseSync(`${dataDir}/mcp.db`, { readOnly: true });
  for (const table of ["audit_logs", "context"]) {
    assert.equal(database.prepare(`SELECT count(*) AS rows FROM ${table}`).get()?.["rows"], 0, table);
  }
}

async function metrics(url: string): Promise<string> {
  return await (await fetch(`${url}/metrics`)).text();
}

/** The keys that are set, of those that a page may have set. */
async function contextKeys(url: string): Promise<readonly string[]> {
  const calls = NAMES.map((key, id) => ({ jsonrpc: "2.0", id, method: "ctx.get", params: { key } }));
  const headers = { "content-type": "application/json" };
  const response = await fetch(`${url}/mcp`, { method: "POST", headers, body: JSON.stringify(calls) });
  const replies: { result: { key: string; value: unknown } }[] = await response.json();
  return replies.filter(({ result }) => result.value !== null).map(({ result }) => result.key);
}
