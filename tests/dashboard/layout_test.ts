import assert from "node:assert/strict";
import { type Chromium, launchChromium, WITH_PAGES } from "../services/chromium.ts";
import { type ServerService, startServer } from "../services/server.ts";
import { findFaintTexts } from "./contrast.ts";
import { type Dashboard, openDashboard } from "./page.ts";

let server: ServerService;
let browser: Chromium;

Deno.test.beforeAll(async () => {
  [server, browser] = await Promise.all([startServer(), launchChromium()]);
});

Deno.test.afterAll(async () => {
  await browser[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

/** WCAG 2.2, level AA, for text of usual size. */
const CONTRAST_MIN = 4.5;

const long = "w".repeat(400);

/** One of each thing that the page can show: results of every type, an error with a hint, a note, the history. */
async function fill({ page, paste, replied }: Dashboard): Promise<void> {
  const requests = [
    { method: "ctx.set", params: { key: long.slice(0, 100), value: { [long]: [long, 1.5, true, null] } } },
    { method: long, params: {} },
  ];
  for (const request of requests) {
    await paste(JSON.stringify({ jsonrpc: "2.0", id: 1, ...request }));
    await page.getByRole("button", { name: "Send" }).click();
    await replied(/^(Result|Error)/);
  }
  await page.locator(".sent").last().click(); // Back to the result, with the error in the history.
  await paste(`{${long}`);
  await page.locator("#request-note").filter({ hasText: "This is not JSON" }).waitFor();
}

const width = (page: Dashboard["page"]) => page.evaluate<number>("document.documentElement.scrollWidth");

Deno.test("nothing is wider than a phone of 360 pixels, however long the words are", WITH_PAGES, async () => {
  const dashboard = await openDashboard(browser, server.url, { viewport: { width: 360, height: 740 } });
  const { page, complaints } = dashboard;
  assert.equal(await width(page), 360);
  await fill(dashboard);
  assert.equal(await width(page), 360, "with a long result");
  await page.locator(".sent").first().click();
  await page.locator("#reply-error").waitFor();
  assert.equal(await width(page), 360, "with a long error");
  // What is tapped is large enough to hit.
  for (const button of await page.locator("button:visible, select:visible").all()) {
    const box = await button.boundingBox();
    assert(box && box.height >= 24 && box.width >= 24, `${await button.innerText()} is ${JSON.stringify(box)}`);
  }
  assert.deepEqual(complaints, []);
});

Deno.test("every text can be read, in a light scheme and in a dark one", WITH_PAGES, async (t) => {
  const dashboard = await openDashboard(browser, server.url);
  const { page, complaints } = dashboard;
  await fill(dashboard);
  for (const colorScheme of ["light", "dark"] as const) {
    await t.step(colorScheme, async () => {
      await page.emulateMedia({ colorScheme });
      const background = await page.evaluate<string>("getComputedStyle(document.body).backgroundColor");
      const brightness = Math.max(...background.match(/\d+/g)?.map(Number) ?? []);
      assert(colorScheme === "light" ? brightness > 200 : brightness < 50, background);
      for (const sent of [page.locator(".sent").last(), page.locator(".sent").first()]) {
        await sent.click();
        const { texts, faint } = await findFaintTexts(page, CONTRAST_MIN);
        assert(texts > 50, `${texts} texts are looked at`);
        assert.deepEqual(faint, []);
      }
    });
  }
  assert.deepEqual(complaints, []);
});
