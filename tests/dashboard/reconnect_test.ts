import assert from "node:assert/strict";
import { type Chromium, launchChromium, WITH_PAGES } from "../services/chromium.ts";
import { startServer } from "../services/server.ts";
import { connected, openDashboard } from "./page.ts";

let browser: Chromium;

Deno.test.beforeAll(async () => {
  browser = await launchChromium();
});

Deno.test.afterAll(async () => {
  await browser[Symbol.asyncDispose]();
});

Deno.test("a server that stops and starts again is said, and found again by itself", WITH_PAGES, async () => {
  let port: number;
  let dashboard;
  {
    await using first = await startServer();
    ({ port } = first);
    dashboard = await openDashboard(browser, first.url);
    await dashboard.page.getByRole("region", { name: "Tools" }).getByRole("button").nth(6).waitFor();
  }
  const { page, complaints, paste, replied } = dashboard;
  const status = page.getByRole("status");
  await status.filter({ hasText: "Disconnected, reconnecting" }).waitFor();
  await page.locator("#connection-detail").filter({ hasText: /^next try in \d+ s$/ }).waitFor();
  await page.getByRole("button", { name: "Try now" }).waitFor();

  // What cannot be sent is said, and stays to be sent later.
  const request = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "ctx.get", params: { key: "version" } });
  await paste(request);
  await page.getByRole("button", { name: "Send" }).click();
  await page.locator("#request-note").filter({ hasText: "Not connected: nothing was sent" }).waitFor();
  assert.equal(await page.getByLabel("JSON-RPC request").inputValue(), request);
  assert.equal(await page.locator("#history > li").count(), 0);

  // On the same address, as a restart is.
  await using _second = await startServer({ PORT: String(port) });
  await connected(page);
  await page.getByRole("button", { name: "Send" }).click();
  await replied(/^Result/);
  // Nothing but the failed tries themselves, which a browser prints whatever the page does.
  for (const complaint of complaints) {
    assert.match(complaint, /WebSocket connection to 'ws:\S+' failed: .*(ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET)/);
  }
});

Deno.test("a request that was on its way when the server died is said to be lost", WITH_PAGES, async () => {
  // It takes calls and answers none.
  const silent = Promise.withResolvers<Response>();
  await using prometheus = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, () => silent.promise);
  let page, replied;
  {
    await using server = await startServer({
      PROMETHEUS_URL: `http://127.0.0.1:${prometheus.addr.port}`,
      DRAIN_MS: "100",
    });
    const dashboard = await openDashboard(browser, server.url);
    ({ page, replied } = dashboard);
    await dashboard.paste('{"jsonrpc":"2.0","id":1,"method":"prom.query_simple","params":{"query":"up"}}');
    await page.getByRole("button", { name: "Send" }).click();
    await replied(/^Waiting…$/);
    server.signal("SIGKILL");
    await server.status;
  }
  await replied(/^Connection lost$/);
  silent.resolve(new Response());
});
