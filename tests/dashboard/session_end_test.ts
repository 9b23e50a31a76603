import assert from "node:assert/strict";
import { type Chromium, launchChromium, WITH_PAGES } from "../services/chromium.ts";
import { startRedis } from "../services/redis.ts";
import { startGuarded } from "./guarded.ts";
import { connected, example } from "./page.ts";
import { asked, signIn, submit } from "./sign_in.ts";

let browser: Chromium;

Deno.test.beforeAll(async () => {
  browser = await launchChromium();
});

Deno.test.afterAll(async () => {
  await browser[Symbol.asyncDispose]();
});

Deno.test(
  "a session whose key is revoked has ended: the page says so, and shows nothing of it to the next",
  WITH_PAGES,
  async () => {
    await using server = await startGuarded();
    const { id, key } = await server.addKey("rosa");
    const { page } = await browser.newPage();
    await signIn(page, server.url, key);
    const send = page.getByRole("button", { name: "Send" });
    await example(page, "Get context").click();
    await send.click();
    await page.locator("#reply-status").filter({ hasText: /^Result/ }).waitFor();

    await server.revokeKey(id);
    // It is believed for some seconds more.
    const deadline = performance.now() + 15_000;
    while (await page.locator("#workbench").isVisible()) {
      assert(performance.now() < deadline, "The session goes on");
      await send.click({ timeout: 500 }).catch(() => undefined);
    }
    await asked(page, /^Your session has ended\. /);
    assert.equal(await page.locator("#history > li, #reply-panel").filter({ visible: true }).count(), 0);
    assert.equal(await page.evaluate("document.activeElement.id"), "credential");
    await submit(page, key);
    await page.getByRole("alert").filter({ hasText: /^The API key is not known/ }).waitFor();

    await submit(page, server.keys.olga);
    await page.locator("#account-name").filter({ hasText: /^olga$/ }).waitFor();
    await connected(page);
    assert.equal(await page.locator("#history > li").count(), 0);
    assert.equal(await page.locator("#reply-panel").textContent(), "");
  },
);

Deno.test("who was signed in and signs in again goes on where the page was", WITH_PAGES, async () => {
  await using server = await startGuarded();
  const { page } = await browser.newPage();
  await signIn(page, server.url, server.keys.olga);
  const text = '{"jsonrpc":"2.0","id":1,"method":"mcp.tools.list"}';
  await page.getByLabel("JSON-RPC request").fill(text);
  await page.getByRole("button", { name: "Send" }).click();
  await page.locator("#reply-status").filter({ hasText: /^Result/ }).waitFor();
  // Without Redis the server keeps sessions in its process: started anew, it knows none.
  await server.stop();
  await page.getByRole("status").filter({ hasText: "Disconnected, reconnecting" }).waitFor();
  await server.start();
  await asked(page, /^Your session has ended\. /);
  await submit(page, server.keys.olga);
  await connected(page);
  assert.equal(await page.getByLabel("JSON-RPC request").inputValue(), text);
  assert.equal(await page.locator("#history > li").count(), 1);
});

Deno.test(
  "with Redis a session outlives the server, and each connection has a ticket of its own",
  WITH_PAGES,
  async () => {
    await using redis = await startRedis();
    await using server = await startGuarded({ REDIS_URL: redis.url });
    const { page, complaints } = await browser.newPage();
    const tickets: (string | null)[] = [];
    page.on("websocket", (socket) => tickets.push(new URL(socket.url()).searchParams.get("ticket")));
    await signIn(page, server.url, server.keys.olga);
    await server.stop();
    await page.getByRole("status").filter({ hasText: "Disconnected, reconnecting" }).waitFor();
    await server.start();
    await connected(page);
    assert.equal(await page.locator("#account-name").textContent(), "olga");
    assert(tickets.length >= 2 && tickets.every((ticket) => /^[\w-]{43}$/.test(ticket ?? "")), tickets.join());
    assert.equal(new Set(tickets).size, tickets.length);
    // 503 until the server that has just started has found Redis.
    for (const complaint of complaints) assert.match(complaint, /status of (401|503)|ERR_CONNECTION_(REFUSED|RESET)/);
  },
);

Deno.test("tabs of one browser sign out together", WITH_PAGES, async () => {
  await using server = await startGuarded();
  const { page } = await browser.newPage();
  await signIn(page, server.url, server.keys.olga);
  const other = await page.context().newPage();
  await other.goto(`${server.url}/dashboard`);
  await connected(other);
  assert.equal(await other.locator("#account-name").textContent(), "olga");
  await page.getByRole("button", { name: "Sign out" }).click();
  await asked(page);
  await asked(other);
});

Deno.test("a tab whose session another tab has replaced goes on with the new one", WITH_PAGES, async () => {
  await using server = await startGuarded();
  const { page } = await browser.newPage();
  await signIn(page, server.url, server.keys.olga);
  const signInElsewhere = (key: string) =>
    page.evaluate<number>(`fetch("/dashboard/session", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ token: ${JSON.stringify(key)} }),
    }).then(({ status }) => status)`);
  assert.equal(await signInElsewhere(server.keys.olga), 204);
  await page.getByRole("button", { name: "Sign out" }).click();
  await asked(page);

  // As somebody else: whoever looks at this tab is told before anything is done.
  await submit(page, server.keys.olga);
  await connected(page);
  assert.equal(await signInElsewhere(server.keys.adam), 204);
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.locator("#account-name").filter({ hasText: /^adam$/ }).waitFor();
  await connected(page);
});
