import assert from "node:assert/strict";
import exchanges from "../fixtures/guide/exchanges.json" with { type: "json" };
import { assertAsPrinted } from "../guide/expectation.ts";
import { type Chromium, launchChromium, WITH_PAGES } from "../services/chromium.ts";
import { type ServerService, startServer } from "../services/server.ts";
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

const TOOLS = [
  "mcp.tools.list",
  "ctx.get",
  "ctx.set",
  "k8s.list_pods",
  "prom.query_simple",
  "logs.search",
  "runbook.preview",
];

Deno.test("the guide's step 13 works as printed: paste, click Send, see the reply", WITH_PAGES, async (t) => {
  const { page, complaints, paste, replied, reply } = await openDashboard(browser, server.url);
  for (const { step, send, expect } of exchanges.filter(({ step }) => /\b13,/.test(step))) {
    await t.step(step, async () => {
      await paste(JSON.stringify(send, null, 2));
      await page.getByRole("button", { name: "Send" }).click();
      await replied(/^Result · [\d.]+ (ms|s) · [\d,]+ bytes · ≈ [\d,]+ tokens$/);
      const shown = await reply();
      assertAsPrinted(JSON.parse(shown), expect);
      // Where the guide prints a reply by itself, the page prints it as the guide does.
      if (step.startsWith("13,")) assert.equal(shown, JSON.stringify(expect, null, 2));
    });
  }
  assert.equal(await page.locator("#history > li").count(), 3);
  assert.deepEqual(complaints, []);
});

Deno.test(
  "the tools are listed, and a click on one gives a request that calls it",
  WITH_PAGES,
  async () => {
    const { page, complaints, replied, reply } = await openDashboard(browser, server.url);
    const tools = page.getByRole("region", { name: "Tools" });
    await tools.getByRole("button").nth(6).waitFor();
    assert.deepEqual(await tools.locator(".tool-name").allTextContents(), TOOLS);

    await tools.getByRole("button", { name: "runbook.preview" }).click();
    const request = page.getByLabel("JSON-RPC request");
    const { method, params } = JSON.parse(await request.inputValue());
    assert.deepEqual([method, params], ["mcp.tools.call", { name: "runbook.preview", args: { runbook_id: "" } }]);
    await page.getByRole("button", { name: "Send" }).click();
    // No such runbook: the code, and what to do about it, stand above the reply.
    await replied(/^Error −32602/);
    const { message, data } = JSON.parse(await reply()).error;
    assert.equal(await page.locator("#reply-error").textContent(), `${message} ${data.hint}`);
    assert.deepEqual(complaints, []);
  },
);

Deno.test("the guide's examples are one click away, sent, and found again in the history", WITH_PAGES, async () => {
  const { page, complaints, replied, reply } = await openDashboard(browser, server.url);
  const request = page.getByLabel("JSON-RPC request");
  for (const title of ["Set context", "Get context", "List all tools"] as const) {
    await example(page, title).click();
    await page.getByRole("button", { name: "Send" }).click();
    await replied(/^Result/);
  }
  assert.equal(JSON.parse(await reply()).result.tools.length, 7);
  const history = page.getByRole("region", { name: "Sent" });
  const titles = await history.locator(".sent-title").allTextContents();
  assert.deepEqual(titles, ["mcp.tools.list", "mcp.tools.call ctx.get", "mcp.tools.call ctx.set"]);

  await history.getByRole("button", { name: "ctx.set" }).click();
  assert.equal(JSON.parse(await reply()).result.success, true);
  assert.equal(JSON.parse(await request.inputValue()).params.name, "ctx.set");
  assert.deepEqual(complaints, []);
});

Deno.test("the keyboard alone is enough", WITH_PAGES, async () => {
  const { page, complaints, replied, reply } = await openDashboard(browser, server.url);
  const { keyboard } = page;
  await page.locator(".tool").nth(6).waitFor();
  const focused = () => page.evaluate<string>("document.activeElement.id || document.activeElement.textContent");
  /** Whatever takes the focus on the way shows it. */
  const tabTo = async (words: string) => {
    for (let presses = 0; await focused() !== words; presses++) {
      assert(presses < 30, `Tab reaches ${words}`);
      await keyboard.press("Tab");
      assert.notEqual(await page.evaluate("getComputedStyle(document.activeElement).outlineStyle"), "none");
    }
  };
  await keyboard.press("Tab");
  assert.equal(await focused(), "Skip to the content");
  await keyboard.press("Enter");
  await tabTo("tools-search");
  await keyboard.type("SHARE findings");
  await page.locator("#tools-count").filter({ hasText: "1 of 7" }).waitFor();
  await keyboard.press("Enter");
  // The form is there, and the first field has the focus.
  assert.equal(await focused(), "field-key");
  await keyboard.press("ControlOrMeta+a");
  await keyboard.type("by-keyboard");
  await keyboard.press("Control+Enter");
  await replied(/^Result/);
  assert.deepEqual(JSON.parse(await reply()).result, { success: true, key: "by-keyboard", value: "1.0.0" });

  await page.locator("#tools-search").focus();
  await tabTo("request");
  await keyboard.press("ControlOrMeta+a");
  await keyboard.type('{"jsonrpc":"2.0","id":"k","method":"ctx.get","params":{"key":"by-keyboard"}}');
  await tabTo("send");
  await keyboard.press("Enter");
  await page.locator("#reply").filter({ hasText: '"k"' }).waitFor();
  assert.equal(JSON.parse(await reply()).id, "k");
  // The forms of the reply are one stop, and arrows go between them.
  await tabTo("reply-as-raw");
  await keyboard.press("ArrowRight");
  assert.equal(await focused(), "reply-as-tree");
  await keyboard.press("Tab");
  await keyboard.press("Tab");
  assert.equal(await focused(), "reply-panel");
  await keyboard.press("Tab");
  assert.equal(await page.evaluate("document.activeElement.tagName"), "SUMMARY");
  await keyboard.press("Enter");
  assert.equal(await page.locator(".tree > details").getAttribute("open"), null);
  assert.deepEqual(complaints, []);
});

Deno.test("bad JSON is said before it is sent, and may be sent anyway", WITH_PAGES, async () => {
  const { page, complaints, paste, replied, reply } = await openDashboard(browser, server.url);
  const note = page.locator("#request-note");
  await paste('{"jsonrpc": "2.0", "id": 1,');
  await note.filter({ hasText: "This is not JSON: " }).waitFor();
  assert.equal(await page.locator("#history > li").count(), 0, "nothing is sent yet");
  assert.equal(await page.getByLabel("JSON-RPC request").getAttribute("aria-invalid"), "true");

  await page.getByRole("button", { name: "Send anyway" }).click();
  await replied(/^Error −32700/);
  assert.equal(JSON.parse(await reply()).id, null);

  // Corrected, it is no longer said.
  await paste('{"jsonrpc": "2.0", "id": 1, "method": "mcp.tools.list"}');
  await note.filter({ hasText: /^$/ }).waitFor({ state: "attached" });
  await page.getByRole("button", { name: "Send", exact: false }).click();
  await replied(/^Result/);
  assert.deepEqual(complaints, []);
});

Deno.test("an empty request is not sent", WITH_PAGES, async () => {
  const { page, complaints } = await openDashboard(browser, server.url);
  await page.getByRole("button", { name: "Send" }).click();
  await page.locator("#request-note").filter({ hasText: "Paste a request first" }).waitFor();
  assert.equal(await page.locator("#history > li").count(), 0);
  assert.deepEqual(complaints, []);
});
