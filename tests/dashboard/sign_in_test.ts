import assert from "node:assert/strict";
import { type Chromium, launchChromium, WITH_PAGES } from "../services/chromium.ts";
import { findFaintTexts } from "./contrast.ts";
import { type GuardedServer, startGuarded } from "./guarded.ts";
import { connected, example } from "./page.ts";
import { asked, beside401, signIn, submit } from "./sign_in.ts";

let server: GuardedServer;
let browser: Chromium;

Deno.test.beforeAll(async () => {
  [server, browser] = await Promise.all([startGuarded({ AUTH_FAILURES_MAX: "1000" }), launchChromium()]);
});

Deno.test.afterAll(async () => {
  await browser[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

Deno.test("who signs in calls tools, stays so over a reload, and is gone after signing out", WITH_PAGES, async () => {
  const { page, complaints } = await browser.newPage();
  await page.goto(`${server.url}/dashboard`);
  await asked(page, /^This server asks who calls/);
  assert.equal(await page.locator("#workbench, #connection, #account").filter({ visible: true }).count(), 0);
  assert.equal(await page.evaluate("document.activeElement.id"), "credential");
  await submit(page, server.keys.olga);
  await connected(page);
  assert.match(await page.locator("#account").innerText(), /^Signed in as olga operator until \d\d:\d\d\s+Sign out$/);
  assert.equal(await page.locator("#sign-in").isVisible(), false);
  assert.equal(await page.evaluate("document.activeElement.id"), "request");

  await example(page, "Set context").click();
  await page.getByRole("button", { name: "Send" }).click();
  await page.locator("#reply-status").filter({ hasText: /^Result/ }).waitFor();

  await page.reload();
  await connected(page);
  assert.equal(await page.locator("#account-name").textContent(), "olga");

  const [cookie] = await page.context().cookies(server.url);
  await page.getByRole("button", { name: "Sign out" }).click();
  await asked(page);
  assert.deepEqual(await page.context().cookies(server.url), []);
  // It is not only forgotten here.
  const headers = { cookie: `${cookie?.name}=${cookie?.value}` };
  const after = await fetch(`${server.url}/dashboard/session`, { headers });
  assert.deepEqual([after.status, after.headers.get("cache-control")], [401, "no-store"]);
  await after.body?.cancel();
  assert.deepEqual(beside401(complaints), []);
});

Deno.test(
  "what is wrong with a credential is said, and the field has the focus for another try",
  WITH_PAGES,
  async () => {
    const { page, complaints } = await browser.newPage();
    await page.goto(`${server.url}/dashboard`);
    await asked(page);
    const cases: readonly (readonly [string, RegExp])[] = [
      ["", /^Paste the API key first$/],
      ["not a key", /^Expected an API key of the form/],
      [`${server.keys.olga.slice(0, -1)}~`, /^Expected an API key of the form/],
      [server.keys.olga.replace(/^mcp_.{16}/, "mcp_0000000000000000"), /^The API key is not known/],
      [server.keys.vera, /^vera may not use the dashboard: /],
    ];
    for (const [credential, words] of cases) {
      await submit(page, credential);
      await page.getByRole("alert").filter({ hasText: words }).waitFor();
      const field = page.getByLabel("API key");
      assert.equal(await field.getAttribute("aria-invalid"), "true");
      assert.equal(await page.evaluate("document.activeElement.id"), "credential");
      assert.equal(await page.getByRole("button", { name: "Sign in" }).isEnabled(), true);
    }
    assert.deepEqual(await page.context().cookies(server.url), []);
    await submit(page, ` ${server.keys.olga}\n`);
    await connected(page);
    const rest = complaints.filter((complaint) => !/status of (401|403)/.test(complaint));
    assert.deepEqual(rest, []);
  },
);

Deno.test(
  "the credential is in no storage, no URL, no history and no page, and no script sees the cookie",
  WITH_PAGES,
  async () => {
    const { page } = await browser.newPage();
    const key = server.keys.olga;
    const secret = key.slice(-43);
    const urls: string[] = [];
    page.on("request", (request) => urls.push(request.url()));
    page.on("websocket", (socket) => urls.push(socket.url()));
    await signIn(page, server.url, key);
    await page.reload();
    await connected(page);

    const seen = await page.evaluate<string>(`(async () => JSON.stringify([
    { ...localStorage }, { ...sessionStorage }, document.cookie, location.href, history.state, document.title,
    document.documentElement.outerHTML, document.getElementById("credential").value,
    await indexedDB.databases(), await caches.keys(), performance.getEntries().map(({ name }) => name),
  ]))()`);
    assert(!seen.includes(secret));
    const stored = JSON.parse(seen);
    assert.deepEqual([...stored.slice(0, 3), stored[7], ...stored.slice(8, 10)], [{}, {}, "", "", [], []]);
    assert.equal(stored[3], `${server.url}/dashboard`);
    assert(urls.length > 10 && !urls.join("\n").includes(secret));

    const [cookie, ...others] = await page.context().cookies(server.url);
    assert.deepEqual(others, []);
    const { name, httpOnly, secure, sameSite, path, domain } = cookie ?? assert.fail();
    assert.deepEqual({ name, httpOnly, secure, sameSite, path, domain }, {
      name: "__Host-mcp_session",
      httpOnly: true,
      secure: true,
      sameSite: "Strict",
      path: "/",
      domain: "127.0.0.1",
    });

    // Each socket had a ticket of its own, and none is good a second time.
    const tickets = urls.filter((url) => url.includes("ticket=")).map((url) => url.replace(/^ws/, "http"));
    assert.equal(new Set(tickets).size, 2);
    for (const ticket of tickets) {
      const { status, body } = await fetch(ticket, { headers: { origin: server.url } });
      await body?.cancel();
      assert.notEqual(status, 200);
    }
    assert(!server.output().includes(secret) && !server.output().includes(cookie?.value ?? "-"));
  },
);

Deno.test("localhost keeps a session as 127.0.0.1 does, each its own", WITH_PAGES, async () => {
  const { page } = await browser.newPage();
  await signIn(page, server.url, server.keys.olga);
  const local = server.url.replace("127.0.0.1", "localhost");
  await page.goto(`${local}/dashboard`);
  await asked(page);
  await submit(page, server.keys.adam);
  await connected(page);
  assert.equal(await page.locator("#account-name").textContent(), "adam");
  await page.goto(`${server.url}/dashboard`);
  await connected(page);
  assert.equal(await page.locator("#account-name").textContent(), "olga");
});

Deno.test(
  "over plain http, where no browser keeps the session, the page says so and takes no credential",
  WITH_PAGES,
  async () => {
    // Its name is one of this machine's for Chromium alone, and not one that it trusts.
    await using named = await startGuarded({ ALLOWED_HOSTS: "ops.example" });
    const { page } = await browser.newPage();
    await page.goto(`http://ops.example:${named.port}/dashboard`);
    await asked(page);
    await page.getByRole("alert").filter({ hasText: /over https:\/\/, or at http:\/\/localhost/ }).waitFor();
    assert.equal(await page.getByLabel("API key").isDisabled(), true);
  },
);

Deno.test("the keyboard alone signs in and out", WITH_PAGES, async () => {
  const { page, complaints } = await browser.newPage();
  await page.goto(`${server.url}/dashboard`);
  await asked(page);
  const { keyboard } = page;
  await keyboard.type("wrong");
  await keyboard.press("Tab");
  assert.equal(await page.evaluate("document.activeElement.id"), "sign-in-button");
  assert.notEqual(await page.evaluate("getComputedStyle(document.activeElement).outlineStyle"), "none");
  await keyboard.press("Enter");
  await page.getByRole("alert").filter({ hasText: /^Expected/ }).waitFor();
  // What was wrong is selected, and typed over.
  await keyboard.type(server.keys.olga);
  await keyboard.press("Enter");
  await connected(page);
  for (let presses = 0; await page.evaluate("document.activeElement.id") !== "sign-out"; presses++) {
    assert(presses < 30, "Shift+Tab reaches the way out");
    await keyboard.press("Shift+Tab");
  }
  await keyboard.press("Enter");
  await asked(page);
  assert.equal(await page.evaluate("document.activeElement.id"), "credential");
  assert.deepEqual(beside401(complaints), []);
});

Deno.test("markup in a name or a role is shown as text", WITH_PAGES, async () => {
  const { page, complaints } = await browser.newPage();
  const markup = `<img src=x onerror="globalThis.planted = 1">`;
  await page.route("**/dashboard/session", async (route) => {
    const response = await route.fetch();
    const body = await response.text();
    const planted = response.ok() && body ? { ...JSON.parse(body), principal: markup, roles: [markup] } : body;
    await route.fulfill({ response, body: typeof planted === "string" ? planted : JSON.stringify(planted) });
  });
  await signIn(page, server.url, server.keys.olga);
  assert.equal(await page.locator("#account-name").textContent(), markup);
  assert.equal(await page.locator("#account-roles").textContent(), markup);
  assert.equal(await page.locator("#account img").count(), 0);
  assert.equal(await page.evaluate("typeof globalThis.planted"), "undefined");
  assert.deepEqual(beside401(complaints), []);
});

Deno.test(
  "signing in fits a phone of 360 pixels, and can be read in a light scheme and in a dark one",
  WITH_PAGES,
  async () => {
    const { page } = await browser.newPage({ viewport: { width: 360, height: 740 } });
    const looksRight = async (textsMin: number) => {
      assert.equal(await page.evaluate<number>("document.documentElement.scrollWidth"), 360);
      for (const colorScheme of ["light", "dark"] as const) {
        await page.emulateMedia({ colorScheme });
        const { texts, faint } = await findFaintTexts(page, 4.5);
        assert(texts >= textsMin, `${texts} texts are looked at`);
        assert.deepEqual(faint, [], colorScheme);
      }
      for (const control of await page.locator("button:visible, input:visible").all()) {
        const box = await control.boundingBox();
        assert(box && box.height >= 24 && box.width >= 24, `${await control.innerText()} is ${JSON.stringify(box)}`);
      }
    };
    await page.goto(`${server.url}/dashboard`);
    await asked(page);
    await submit(page, "w".repeat(400));
    await page.getByRole("alert").filter({ hasText: /./ }).waitFor();
    await looksRight(6);
    await submit(page, server.keys.olga);
    await connected(page);
    // As long a name as a key may have.
    await page.locator("#account-name").evaluate((name, text) => name.textContent = text, "w".repeat(128));
    await looksRight(12);
  },
);
