import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { type Chromium, launchChromium, WITH_PAGES } from "../services/chromium.ts";
import { startPostgres } from "../services/postgres.ts";
import { startRedis } from "../services/redis.ts";
import { startServer } from "../services/server.ts";
import { findAxeViolations } from "./axe.ts";
import { startGuarded } from "./guarded.ts";
import { connected } from "./page.ts";
import { signIn } from "./sign_in.ts";

let browser: Chromium;

Deno.test.beforeAll(async () => {
  browser = await launchChromium();
});

Deno.test.afterAll(async () => {
  await browser[Symbol.asyncDispose]();
});

async function call(url: string, method: string, params: unknown = {}, key?: string): Promise<void> {
  const response = await fetch(`${url}/mcp`, {
    method: "POST",
    headers: { "content-type": "application/json", ...(key && { authorization: `Bearer ${key}` }) },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
  });
  await response.body?.cancel();
}

async function watch(page: Page, url: string): Promise<void> {
  await page.goto(`${url}/dashboard#/watch`);
  await live(page);
}

const live = (page: Page) => page.locator("#watch-state").filter({ hasText: /^Live/ }).waitFor();
const row = (page: Page, words: string | RegExp) =>
  page.locator(".vbody .vrow:visible").filter({ hasText: words }).first();

Deno.test("calls at every replica are watched as they happen, and a click shows the record", WITH_PAGES, async () => {
  await using redis = await startRedis();
  await using postgres = await startPostgres();
  const shared = { REDIS_URL: redis.url, DATABASE_URL: postgres.url };
  await using first = await startServer({ ...shared, REPLICA: "replica-a" });
  await using second = await startServer({ ...shared, REPLICA: "replica-b" });
  const { page, complaints } = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  await call(second.url, "mcp.tools.list");
  await watch(page, first.url);
  const connections = page.getByRole("region", { name: "Connections by replica" });
  await connections.getByText("replica-b").waitFor();
  await call(second.url, "ctx.set", { key: "seen", value: "from afar" });
  await call(first.url, "ctx.get", { key: "seen" });
  await row(page, /ctx\.get.*replica-a/).waitFor();
  await row(page, /ctx\.set.*ok.*replica-b/).click();
  const record = page.getByRole("region", { name: "Record of a call" });
  await record.locator("pre").first().waitFor();
  assert.match(await record.innerText(), /from afar/);
  assert.match(await record.innerText(), /Hash of the record before\n[\da-f]{64}/);
  assert.deepEqual(complaints, []);
});

Deno.test("who may not read the whole log watches their own calls alone", WITH_PAGES, async () => {
  await using server = await startGuarded();
  const { page } = await browser.newPage();
  await signIn(page, server.url, server.keys.olga);
  await page.getByRole("link", { name: "Watch" }).click();
  await page.locator("#watch-state").filter({ hasText: "Live, your own calls" }).waitFor();
  await call(server.url, "ctx.get", { key: "of-adam" }, server.keys.adam);
  await call(server.url, "ctx.get", { key: "of-olga" }, server.keys.olga);
  await row(page, "olga").waitFor();
  assert.equal(await page.locator("#watch-note").textContent(), "1 of 1 calls");
  assert.equal(await page.getByRole("region", { name: "Connections by replica" }).isVisible(), false);

  const { page: other } = await browser.newPage();
  await signIn(other, server.url, server.keys.adam);
  await other.getByRole("link", { name: "Watch" }).click();
  await other.locator("#watch-state").filter({ hasText: /^Live$/ }).waitFor();
  await call(server.url, "ctx.get", { key: "of-olga" }, server.keys.olga);
  await row(other, "olga").waitFor();
  // The record of somebody else is not theirs to read, whatever is asked.
  const session = await (await page.request.get(`${server.url}/dashboard/session`)).json();
  const records = await page.evaluate<string>(`fetch("/dashboard/api/records", {
    method: "POST",
    headers: { "content-type": "application/json", "x-csrf-token": ${JSON.stringify(session.csrf)} },
    body: JSON.stringify({ principal: "adam" }),
  }).then((response) => response.text())`);
  assert.deepEqual(JSON.parse(records), { records: [], own: true, next: null, overdue: false });
  const refused = await page.evaluate<number>(`fetch("/dashboard/api/records", {
    method: "POST", headers: { "content-type": "application/json" }, body: "{}",
  }).then(({ status }) => status)`);
  assert.equal(refused, 403, "without the token of the session");
  for (const [key, status] of [["", 401], [server.keys.vera, 403]] as const) {
    const headers = key ? { authorization: `Bearer ${key}` } : {};
    const response = await fetch(`${server.url}/dashboard/api/watch`, { headers });
    await response.body?.cancel();
    assert.equal(response.status, status);
  }
});

Deno.test(
  "filters, pause and the keyboard; markup is text; a server that was away is found again",
  WITH_PAGES,
  async () => {
    const markup = `<img src=x onerror="globalThis.planted=1">`;
    const { page, complaints } = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    let port: number;
    {
      await using server = await startServer();
      ({ port } = server);
      await watch(page, server.url);
      await call(server.url, "mcp.tools.call", { name: markup });
      await row(page, markup).waitFor();
      await call(server.url, "ctx.set", { key: "planted", value: markup });
      await row(page, "ctx.set").waitFor();
      await page.getByLabel("Outcome").selectOption("invalid");
      await page.locator("#watch-note").filter({ hasText: "1 of 2 calls" }).waitFor();
      await page.getByLabel("Outcome").selectOption("");
      await page.getByLabel("Filter calls").fill("CTX default");
      await page.locator("#watch-note").filter({ hasText: "1 of 2 calls" }).waitFor();
      await page.getByLabel("Filter calls").fill("");
      await page.getByRole("button", { name: "Pause" }).click();
      await call(server.url, "ctx.set", { key: "a", value: 1 });
      await page.locator("#watch-note").filter({ hasText: "2 of 2 calls · paused, 1 new" }).waitFor();
      await page.getByRole("button", { name: "Pause" }).click();
      await page.locator("#watch-note").filter({ hasText: "3 of 3 calls" }).waitFor();

      const grid = page.getByRole("grid", { name: "Calls" });
      await grid.focus();
      await page.keyboard.press("ArrowDown");
      await page.keyboard.press("ArrowDown");
      await page.keyboard.press("Enter");
      const record = page.getByRole("region", { name: "Record of a call" });
      await record.locator("pre").first().waitFor();
      assert((await record.locator("pre").first().textContent())?.includes("<img src=x onerror="));
      assert.equal(await page.evaluate("typeof globalThis.planted"), "undefined");
      assert.equal(await page.locator("main img").count(), 0);
      for (const [colorScheme, width] of [["light", 1280], ["dark", 1280], ["dark", 360], ["light", 360]] as const) {
        await page.emulateMedia({ colorScheme });
        await page.setViewportSize({ width, height: 900 });
        assert.deepEqual(await findAxeViolations(page), [], `${colorScheme}, ${width} px`);
        assert.equal(await page.evaluate("document.documentElement.scrollWidth"), width);
      }
      assert.deepEqual(complaints, []);
    }
    await page.locator("#watch-state").filter({ hasText: "Lost, reconnecting" }).waitFor();
    await using again = await startServer({ PORT: String(port) });
    await live(page);
    await connected(page);
    await call(again.url, "ctx.get", { key: "again" });
    await page.locator("#watch-note").filter({ hasText: "calls" }).waitFor();
    // The other view, opened late, has its tools all the same.
    await page.getByRole("link", { name: "Try" }).click();
    await page.locator(".tool").nth(6).waitFor();
  },
);

/** Between two frames while rows stream in, on a machine that does much else. */
const FRAME_GAP_MS_MAX = 600;

Deno.test("10,000 streamed rows stay smooth, and few elements", WITH_PAGES, async () => {
  await using server = await startServer();
  const { page, complaints } = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  const latencies = Array.from({ length: 32 }, (_, i) => i === 5 ? 100 : 0);
  const events = Array.from({ length: 120 }, (_, batch) => ({
    ...{ kind: "news", replica: "r", timeMs: 1, left: 0, outcomes: { ok: 100 }, latencies },
    rows: Array.from({ length: 100 }, (_, i) => ({
      ...{ id: `${batch}-${i}`, timeMs: 1000 * batch + i, principal: `p${i}`, tool: `tool-${batch}` },
      ...{ outcome: i % 3 ? "ok" : "denied", durationMs: i, replica: "r" },
    })),
  }));
  // A stream of the page's own making: so many rows in a few seconds, as a busy cluster sends them.
  await page.addInitScript(`
    globalThis.EventSource = class {
      constructor() {
        const events = ${JSON.stringify(events)};
        const send = (event) => this.onmessage?.({ data: JSON.stringify(event) });
        setTimeout(() => send({ kind: "hello", all: true, replica: "r" }));
        const timer = setInterval(() => {
          const event = events.shift();
          if (event) send(event);
          else clearInterval(timer);
        }, 25);
      }
      close() {}
    };`);
  await watch(page, server.url);
  await page.evaluate(`(() => {
    globalThis.gaps = [];
    let last = performance.now();
    const frame = (now) => { gaps.push(now - last); last = now; requestAnimationFrame(frame); };
    requestAnimationFrame(frame);
  })()`);
  const grid = page.getByRole("grid", { name: "Calls" });
  for (let i = 0; i < 20; i++) await grid.evaluate((list, top) => list.scrollTop = top, i * 400);
  await page.locator("#watch-note").filter({ hasText: "10,000 of 10,000 calls" }).waitFor();
  const gaps = await page.evaluate<number[]>("gaps");
  gaps.sort((a, b) => a - b);
  const [median, worst] = [gaps[Math.floor(gaps.length / 2)] ?? 0, gaps.at(-1) ?? 0];
  assert(worst < FRAME_GAP_MS_MAX, `median ${median} ms, worst ${worst} ms of ${gaps.length}`);
  assert(await page.evaluate<number>("document.querySelectorAll('*').length") < 1500);
  await grid.focus();
  await page.keyboard.press("End");
  await row(page, "tool-20").waitFor();
  await page.keyboard.press("Home");
  await row(page, "tool-119").waitFor();
  assert.deepEqual(complaints, []);
});
