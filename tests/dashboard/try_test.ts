import assert from "node:assert/strict";
import { type Chromium, launchChromium, WITH_PAGES } from "../services/chromium.ts";
import { type ServerService, startServer } from "../services/server.ts";
import { connected, openDashboard } from "./page.ts";

let server: ServerService;
let browser: Chromium;

Deno.test.beforeAll(async () => {
  [server, browser] = await Promise.all([startServer({ MESSAGE_BYTES_MAX: "16777216" }), launchChromium()]);
});

Deno.test.afterAll(async () => {
  await browser[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

Deno.test("the form and the text of a request are in step, both ways", WITH_PAGES, async () => {
  const { page, complaints, paste } = await openDashboard(browser, server.url);
  const request = page.getByLabel("JSON-RPC request");
  const args = async () => JSON.parse(await request.inputValue()).params.args;
  await page.getByRole("button", { name: "logs.search" }).click();
  assert.deepEqual(await args(), { namespace: "mcp-lab" });
  await page.getByLabel("limit").fill("20");
  await page.getByLabel("previous").selectOption("true");
  await page.getByLabel("query").fill("error");
  assert.deepEqual(await args(), { namespace: "mcp-lab", limit: 20, previous: true, query: "error" });
  await page.getByLabel("limit").fill("");
  await page.getByLabel("previous").selectOption("");
  assert.deepEqual(await args(), { namespace: "mcp-lab", query: "error" });

  const text = { jsonrpc: "2.0", id: "mine", method: "ctx.set", params: { key: "a", value: { deep: [1, "x"] } } };
  await paste(JSON.stringify(text));
  assert.equal(await page.locator("#form-title").textContent(), "ctx.set");
  assert.equal(await page.getByLabel("key", { exact: false }).first().inputValue(), "a");
  const value = page.getByRole("textbox", { name: "value" });
  assert.deepEqual(JSON.parse(await value.inputValue()), { deep: [1, "x"] });
  await value.fill("plain words");
  assert.deepEqual(JSON.parse(await request.inputValue()), { ...text, params: { key: "a", value: "plain words" } });
  // What is no call of one tool has no form, and is none the worse for it.
  await paste('[{"jsonrpc": "2.0", "id": 1, "method": "mcp.tools.list"}]');
  assert.equal(await page.locator(".field").count(), 0);
  assert.deepEqual(complaints, []);
});

Deno.test("what the schema refuses is said before it is sent, and may be sent anyway", WITH_PAGES, async () => {
  const { page, complaints, replied } = await openDashboard(browser, server.url);
  await page.getByRole("button", { name: "logs.search" }).click();
  const limit = page.getByLabel("limit");
  await limit.fill("5000");
  await page.locator("#field-limit-problem").filter({ hasText: "Expected at most 1000" }).waitFor();
  assert.equal(await limit.getAttribute("aria-invalid"), "true");
  await page.getByLabel("namespace").fill("");
  await page.locator("#field-namespace-problem").filter({ hasText: "Required" }).waitFor();
  await page.getByRole("button", { name: "Send anyway" }).click();
  await replied(/^Error −32602/);
  assert.deepEqual(complaints, []);
});

Deno.test(
  "the history survives a reload, without replies and without what looks like a credential",
  WITH_PAGES,
  async () => {
    const { page, paste, replied } = await openDashboard(browser, server.url);
    const send = async (params: unknown) => {
      await paste(JSON.stringify({ jsonrpc: "2.0", id: 1, method: "ctx.set", params }));
      await page.getByRole("button", { name: "Send" }).click();
      await replied(/^Result/);
    };
    await send({ key: "kept", value: "said aloud" });
    await send({ key: "hidden", value: { password: "hunter2" } });
    assert.equal(await page.locator("#history > li").count(), 2);
    await page.reload();
    await connected(page);
    assert.equal(await page.locator("#history > li").count(), 1);
    assert(!(await page.evaluate<string>("JSON.stringify({ ...localStorage })")).includes("hunter2"));
    await page.locator(".sent").click();
    assert.match(await page.getByLabel("JSON-RPC request").inputValue(), /said aloud/);
    assert.match(await page.locator("#reply-status").innerText(), /^Result · /);
    await page.getByRole("button", { name: "Clear" }).click();
    assert.deepEqual(await page.evaluate("({ ...localStorage })"), {});
  },
);

/**
 * Of a reply of megabytes each step has to leave the page alive: no frame waits longer than it takes to read the reply as
 * JSON so many times, on the same machine. The longest takes some 60; the rest is for a machine that does much else. What
 * draws everything is found by the count of elements; what takes quadratic time, by this.
 */
const FRAME_GAP_READS_MAX = 400;

Deno.test(
  "a reply of 5 MB is shown at once, as a tree, a table and text, and the page goes on",
  WITH_PAGES,
  async () => {
    const { page, complaints, paste, replied } = await openDashboard(browser, server.url);
    // The socket is the page's own: the server's part of it is played here.
    const rows = Array.from({ length: 25_000 }, (_, i) => ({
      name: `pod-${i}`,
      message: "x".repeat(160),
      labels: { app: "a", n: i },
    }));
    const reply = JSON.stringify({ jsonrpc: "2.0", id: "big", result: { rows, returned: rows.length } });
    assert(reply.length > 5_000_000);
    await page.routeWebSocket(/\/mcp$/, (socket) => {
      const real = socket.connectToServer();
      socket.onMessage((message) => String(message).includes('"big"') ? socket.send(reply) : real.send(message));
    });
    await page.reload();
    await connected(page);
    await paste('{"jsonrpc": "2.0", "id": "big", "method": "mcp.tools.list"}');
    await page.evaluate(`(() => {
    globalThis.gap = 0;
    let last = performance.now();
    const frame = (now) => { gap = Math.max(gap, now - last); last = now; requestAnimationFrame(frame); };
    requestAnimationFrame(frame);
  })()`);
    await page.getByRole("button", { name: "Send" }).click();
    await replied(/^Result .* tokens$/);
    const elements = () => page.evaluate<number>("document.querySelectorAll('*').length");
    for (const form of ["Tree", "Table", "Raw"]) {
      await page.getByRole("tab", { name: form }).click();
      assert(await elements() < 5_000, `${form} has ${await elements()} elements`);
    }
    await page.getByRole("tab", { name: "Tree" }).click();
    await page.locator(".tree").getByText("rows").first().click();
    await page.getByRole("button", { name: "Show 100 more of 24,900" }).click();
    await page.getByRole("button", { name: "Show 100 more of 24,800" }).waitFor();
    await page.getByRole("tab", { name: "Table" }).click();
    assert.deepEqual(await page.locator("table.data th").allTextContents(), [
      "name",
      "message",
      "labels.app",
      "labels.n",
    ]);
    const gap = await page.evaluate<number>("gap");
    const readMs = await page.evaluate((text) => {
      const from = performance.now();
      JSON.parse(text);
      return performance.now() - from;
    }, reply);
    assert(gap < FRAME_GAP_READS_MAX * readMs, `No frame for ${gap} ms, where reading it takes ${readMs} ms`);
    assert.deepEqual(complaints, []);
  },
);

Deno.test("a number that JavaScript would round is shown with each digit", WITH_PAGES, async () => {
  const { page, paste, replied } = await openDashboard(browser, server.url);
  await page.routeWebSocket(/\/mcp$/, (socket) => {
    const real = socket.connectToServer();
    const reply = '{"jsonrpc":"2.0","id":"n","result":{"big":12345678901234567890,"small":1.5}}';
    socket.onMessage((message) => String(message).includes('"n"') ? socket.send(reply) : real.send(message));
  });
  await page.reload();
  await connected(page);
  await paste('{"jsonrpc": "2.0", "id": "n", "method": "mcp.tools.list"}');
  await page.getByRole("button", { name: "Send" }).click();
  await replied(/^Result/);
  await page.locator(".tree").getByText("12345678901234567890").waitFor();
});
