import assert from "node:assert/strict";
import { type Chromium, launchChromium, WITH_PAGES } from "../services/chromium.ts";
import { type ServerService, startServer } from "../services/server.ts";
import { findAxeViolations } from "./axe.ts";
import { example, openDashboard } from "./page.ts";

let server: ServerService;
let browser: Chromium;

Deno.test.beforeAll(async () => {
  [server, browser] = await Promise.all([startServer(), launchChromium()]);
});

Deno.test.afterAll(async () => {
  await browser[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

/** Of everything that comes before the page can be used, as it goes over the wire. */
const FIRST_PAINT_BYTES_MAX = 100_000;

Deno.test("the first paint takes less than 100 KB", WITH_PAGES, async () => {
  const { page } = await browser.newPage();
  const sizes: Promise<number>[] = [];
  page.on("requestfinished", (request) => {
    sizes.push(
      request.sizes().then(({ responseBodySize, responseHeadersSize }) => responseBodySize + responseHeadersSize),
    );
  });
  await page.goto(`${server.url}/dashboard`, { waitUntil: "load" });
  await page.locator(".tool").nth(6).waitFor();
  const bytes = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
  assert(sizes.length > 20 && bytes > 10_000, `${sizes.length} requests, ${bytes} bytes`);
  // deno-lint-ignore no-console -- What it takes is to be known.
  console.log(`${bytes} bytes in ${sizes.length} requests`);
  assert(bytes < FIRST_PAINT_BYTES_MAX, `${bytes} bytes`);
});

Deno.test(
  "the page names every script that its first view needs, and none is asked for twice",
  WITH_PAGES,
  async () => {
    const { page, complaints } = await browser.newPage();
    const asked: string[] = [];
    page.on("request", (request) => asked.push(new URL(request.url()).pathname));
    await page.goto(`${server.url}/dashboard`, { waitUntil: "load" });
    await page.locator(".tool").nth(6).waitFor();
    const scripts = asked.filter((path) => path.endsWith(".ts"));
    assert.equal(new Set(scripts).size, scripts.length);
    const named = await page.locator("link[rel=modulepreload]").evaluateAll((links) =>
      links.map((link) => link.getAttribute("href"))
    );
    assert.deepEqual(scripts.filter((path) => !named.includes(path)), ["/dashboard/app.ts"]);
    assert.deepEqual(complaints, []);
  },
);

Deno.test("axe finds nothing wrong, in light, in dark and on a phone", WITH_PAGES, async (t) => {
  const { page, complaints } = await openDashboard(browser, server.url);
  await page.locator(".tool").nth(6).waitFor();
  await example(page, "List all tools").click();
  await page.getByRole("button", { name: "Send" }).click();
  await page.locator("#reply-status").filter({ hasText: /^Result/ }).waitFor();
  await page.getByRole("button", { name: "logs.search" }).click();
  await page.getByLabel("limit").fill("many");
  await page.locator("#request-note").filter({ hasText: "limit: " }).waitFor();
  for (const colorScheme of ["light", "dark"] as const) {
    for (const width of [1280, 360]) {
      for (const form of ["Tree", "Table", "Raw"]) {
        await t.step(`${colorScheme}, ${width} px, ${form}`, async () => {
          await page.emulateMedia({ colorScheme });
          await page.setViewportSize({ width, height: 800 });
          await page.getByRole("tab", { name: form }).click();
          assert.deepEqual(await findAxeViolations(page), []);
        });
      }
    }
  }
  assert.deepEqual(complaints, []);
});

Deno.test("the page's own switch changes the colours, and a reload keeps them", WITH_PAGES, async () => {
  const { page } = await openDashboard(browser, server.url, { colorScheme: "light" });
  const background = () => page.evaluate<string>("getComputedStyle(document.body).backgroundColor");
  const light = await background();
  const theme = page.locator("#theme");
  await theme.click();
  assert.equal(await theme.textContent(), "Colours: Light");
  await theme.click();
  assert.equal(await theme.textContent(), "Colours: Dark");
  const dark = await background();
  assert.notEqual(dark, light);
  await page.reload();
  assert.equal(await background(), dark);
  await theme.click();
  assert.equal(await background(), light);
  assert.deepEqual(await page.evaluate("({ ...localStorage })"), {});
});
