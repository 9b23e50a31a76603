import assert from "node:assert/strict";
import { type Chromium, launchChromium, WITH_PAGES } from "../services/chromium.ts";
import { startServer } from "../services/server.ts";
import { findAxeViolations } from "./axe.ts";
import { startGuarded } from "./guarded.ts";
import { signIn } from "./sign_in.ts";

let browser: Chromium;

Deno.test.beforeAll(async () => {
  browser = await launchChromium();
});

Deno.test.afterAll(async () => {
  await browser[Symbol.asyncDispose]();
});

async function call(url: string, method: string, params: unknown, key?: string): Promise<void> {
  const response = await fetch(`${url}/mcp`, {
    method: "POST",
    headers: { "content-type": "application/json", ...(key && { authorization: `Bearer ${key}` }) },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
  });
  await response.body?.cancel();
}

Deno.test(
  "the log is asked, read on page by page, and a record is shown whole; markup is text",
  WITH_PAGES,
  async () => {
    await using server = await startServer({ RATE_LIMIT_PER_MINUTE: "0" });
    const markup = `<img src=x onerror="globalThis.planted=1">`;
    await call(server.url, "ctx.set", { key: "planted", value: markup });
    for (let i = 0; i < 210; i++) await call(server.url, "ctx.get", { key: `key-${i}` });
    await call(server.url, "runbook.preview", { runbook_id: "no-such" });
    const { page, complaints } = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    await page.goto(`${server.url}/dashboard#/audit`);
    const note = page.locator("#audit-note");
    await note.filter({ hasText: "200 records, and older ones" }).waitFor();
    await page.getByRole("button", { name: "Older records" }).click();
    await note.filter({ hasText: /^21\d records$/ }).waitFor();

    await page.getByLabel("Tool", { exact: true }).fill("ctx.set");
    await page.keyboard.press("Enter");
    await note.filter({ hasText: /^1 record$/ }).waitFor();
    const row = page.locator(".vbody .vrow:visible");
    assert.match(await row.innerText(), /<img src=x onerror=/);
    await row.click();
    const record = page.getByRole("region", { name: "Record of a call" });
    await record.getByText("prevHash").waitFor();
    assert.match(await record.innerText(), /seq\n1\n/);
    assert.equal(await page.evaluate("typeof globalThis.planted"), "undefined");

    await page.getByLabel("Tool", { exact: true }).fill("");
    await page.getByLabel("Outcome").selectOption("tool_error");
    await page.getByRole("button", { name: "Search" }).click();
    await note.filter({ hasText: /^1 record$/ }).waitFor();
    await page.getByLabel("Outcome").selectOption("");
    // What was read of the log is in the log too: only the calls themselves are meant.
    await page.getByLabel("Tool", { exact: true }).fill("ctx.get");
    await page.getByLabel("Text").fill("KEY-20");
    await page.getByRole("button", { name: "Search" }).click();
    // key-20, and key-200 to key-209.
    await note.filter({ hasText: /^11 records$/ }).waitFor();
    const [saved] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Save as JSON lines" }).click(),
    ]);
    const lines = (await Deno.readTextFile(await saved.path())).trim().split("\n").map((line) => JSON.parse(line));
    assert.deepEqual([lines.length, lines[0].tool], [11, "ctx.get"]);
    for (const [colorScheme, width] of [["light", 1280], ["dark", 360]] as const) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 900 });
      assert.deepEqual(await findAxeViolations(page), [], `${colorScheme}, ${width} px`);
      assert.equal(await page.evaluate("document.documentElement.scrollWidth"), width);
    }
    await page.emulateMedia({ colorScheme: "light" });
    assert.deepEqual(complaints, []);
  },
);

Deno.test("who may not read the whole log finds their own records alone", WITH_PAGES, async () => {
  await using server = await startGuarded();
  await call(server.url, "ctx.get", { key: "of-adam" }, server.keys.adam);
  await call(server.url, "ctx.get", { key: "of-olga" }, server.keys.olga);
  const { page } = await browser.newPage();
  await signIn(page, server.url, server.keys.olga);
  await page.getByRole("link", { name: "Audit" }).click();
  const note = page.locator("#audit-note");
  await note.filter({ hasText: "1 record" }).waitFor();
  await page.getByLabel("Text").fill("of-adam");
  await page.getByRole("button", { name: "Search" }).click();
  // The search itself is a record of hers, and was not one yet when it was made.
  await note.filter({ hasText: "No record fits." }).waitFor();
});
