import assert from "node:assert/strict";
import { type Chromium, launchChromium, WITH_PAGES } from "../services/chromium.ts";
import { startRedis } from "../services/redis.ts";
import { startServer } from "../services/server.ts";
import { findAxeViolations } from "./axe.ts";
import { startGuarded } from "./guarded.ts";

let browser: Chromium;

Deno.test.beforeAll(async () => {
  browser = await launchChromium();
});

Deno.test.afterAll(async () => {
  await browser[Symbol.asyncDispose]();
});

Deno.test("Health shows stores, queue, versions and replicas, and a store that goes away", WITH_PAGES, async () => {
  const redis = await startRedis();
  const name = `<img src=x onerror="globalThis.planted=1">`;
  await using server = await startServer({ REDIS_URL: redis.url, REPLICA: name });
  const { page, complaints } = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  await page.goto(`${server.url}/dashboard`);
  const link = page.getByRole("link", { name: "Health" });
  await link.focus();
  await page.keyboard.press("Enter");
  const card = (label: string) => page.getByRole("region", { name: label, exact: true });
  await page.locator("#health-note").filter({ hasText: "The server is healthy" }).waitFor();
  assert.match(await card("Stores").innerText(), /redis\s+connected\s+postgres\s+embedded/);
  assert.match(await card("This replica").innerText(), /Phase\s+serving\s+Connections\s+1\s/);
  assert.match(await card("Audit log").innerText(), /Waiting in memory\s+0\s+Waiting in the spool\s+0/);
  assert((await card("Versions").innerText()).includes(Deno.version.deno));
  // What another replica calls itself is text too.
  await card("Replicas").getByText(name).waitFor();
  assert.equal(await page.evaluate("typeof globalThis.planted"), "undefined");
  assert.equal(await page.locator("main img").count(), 0);
  for (const [colorScheme, width] of [["light", 1280], ["dark", 1280], ["light", 360], ["dark", 360]] as const) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: 900 });
    assert.deepEqual(await findAxeViolations(page), [], `${colorScheme}, ${width} px`);
    assert.equal(await page.evaluate("document.documentElement.scrollWidth"), width);
  }
  assert.deepEqual(complaints, []);
  await redis[Symbol.asyncDispose]();
  await page.locator("#health-note").filter({ hasText: "The server is degraded" }).waitFor();
  assert.match(await card("Stores").innerText(), /redis\s+disconnected/);
});

Deno.test("who may not have the dashboard is not told its health, and who may not read the whole log no figures", async () => {
  await using server = await startGuarded();
  for (
    const [key, status, load] of [["", 401, false], [server.keys.vera, 403, false], [server.keys.olga, 200, false], [
      server.keys.adam,
      200,
      true,
    ]] as const
  ) {
    const headers = key ? { authorization: `Bearer ${key}` } : {};
    const response = await fetch(`${server.url}/dashboard/api/health`, { headers });
    assert.equal(response.status, status);
    assert.equal("load" in await response.json(), load);
  }
});
