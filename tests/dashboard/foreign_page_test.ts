import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { startSite } from "../door_browser/sites.ts";
import { type Chromium, launchChromium, WITH_PAGES } from "../services/chromium.ts";
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

/** What a page tries with the session of whoever looks at it; each gives what it learned, or "refused". */
const ATTEMPTS: Readonly<Record<string, string>> = {
  "to read who is signed in": `ask("/dashboard/session", {})`,
  "to read it without asking": `ask("/dashboard/session", { mode: "no-cors" })`,
  "to get a ticket": `ask("/ws-ticket", { method: "POST" })`,
  "to get a ticket without asking": `ask("/ws-ticket", { method: "POST", mode: "no-cors", body: "{}" })`,
  "to get a ticket with a token that it made up":
    `ask("/ws-ticket", { method: "POST", headers: { "x-csrf-token": "A".repeat(43) } })`,
  "to sign it out": `ask("/dashboard/session", { method: "DELETE" })`,
  "to sign it in as somebody else": `ask("/dashboard/session", {
    method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ token: key }),
  })`,
  "to sign it in by what a form may send": `ask("/dashboard/session", {
    method: "POST", mode: "no-cors", body: JSON.stringify({ token: key }),
  })`,
  "to sign it in by a form": `form("/dashboard/session", '{"token":"' + key + '","a":"', '"}')`,
  "to call a tool": `ask("/mcp", {
    method: "POST", headers: { "content-type": "application/json" },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "mcp.tools.list" }),
  })`,
  "to open a socket": `socket("/mcp")`,
  "to show the dashboard in a frame": `frame("/dashboard")`,
};

// It runs in the page, as text: what it is made of is the browser's.
const TOOLS = `
  const ask = (path, options) => fetch(url + path, { credentials: "include", ...options })
    .then(async (response) => await response.text() || "refused", () => "refused");
  const socket = (path) => new Promise((resolve) => {
    const opening = new WebSocket(url.replace("http", "ws") + path);
    opening.onopen = () => resolve("open");
    opening.onclose = () => resolve("refused");
  });
  const frame = (path) => new Promise((resolve) => {
    const made = document.createElement("iframe");
    made.src = url + path;
    // A page that may not be framed loads as an error, which fires the same event; the server's own is then not in it.
    made.onload = () => resolve(made.contentWindow.length > 0 ? "framed" : "refused");
    document.body.append(made);
  });
  const form = (path, name, value) => new Promise((resolve) => {
    const frame = document.createElement("iframe");
    frame.name = "answer";
    const made = document.createElement("form");
    Object.assign(made, { method: "post", action: url + path, enctype: "text/plain", target: "answer" });
    const field = document.createElement("input");
    Object.assign(field, { name, value });
    made.append(field);
    document.body.append(frame, made);
    frame.onload = () => resolve("refused");
    made.submit();
  });`;

/** With a credential of its own. */
const CONNECT = `ask("/ws-ticket", {
  method: "POST", credentials: "omit", headers: { authorization: "Bearer " + key },
}).then((reply) => reply === "refused" ? reply : socket("/mcp?ticket=" + JSON.parse(reply).ticket))`;

async function attempt(page: Page, url: string, key: string, what: string): Promise<string> {
  const given = `const url = ${JSON.stringify(url)}, key = ${JSON.stringify(key)};`;
  return await page.evaluate(`(async () => { ${given} ${TOOLS} return await ${what}; })()`);
}

/** Where the page is from, by the site's port. A browser sends the cookie to another port of the same host. */
const NAMES = ["127.0.0.1", "localhost", "evil.example"];

for (const isAllowed of [false, true]) {
  const whose = isAllowed ? "though ALLOWED_ORIGINS names it" : "as ALLOWED_ORIGINS does not name it";
  Deno.test(`a page of elsewhere has no part in the session, ${whose}`, WITH_PAGES, async (t) => {
    await using site = startSite();
    const origins = NAMES.map((name) => new URL(site.url(name)).origin);
    await using server = await startGuarded(isAllowed ? { ALLOWED_ORIGINS: origins.join(",") } : {});
    const { page } = await browser.newPage();
    await signIn(page, server.url, server.keys.olga);
    const [cookie] = await page.context().cookies(server.url);
    const foreign = await page.context().newPage();
    for (const name of NAMES) {
      await foreign.goto(site.url(name));
      for (const [what, code] of Object.entries(ATTEMPTS)) {
        await t.step(`${name} tries ${what}`, async () => {
          const learned = await attempt(foreign, server.url, server.keys.adam, code);
          assert.equal(learned, "refused");
          assert.deepEqual(await page.context().cookies(server.url), [cookie]);
        });
      }
    }
    assert.equal((server.output().match(/Signed in/g) ?? []).length, 1);
    assert.doesNotMatch(server.output(), /Signed out/);
    // Where the door lets it in, the cookie came with it, and the token was missed.
    if (isAllowed) assert.match(server.output(), /reason="csrf"/);
    // What it may do is call with a credential of its own.
    const call = (more: string) =>
      attempt(
        foreign,
        server.url,
        server.keys.adam,
        `ask("/mcp", {
          method: "POST", credentials: "omit", headers: { "content-type": "application/json", ${more} },
          body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "mcp.tools.list" }),
        })`,
      );
    const replies = [await call(""), await call('authorization: "Bearer " + key')];
    const opened = await attempt(foreign, server.url, server.keys.adam, CONNECT);
    assert.equal(opened, isAllowed ? "open" : "refused");
    if (!isAllowed) assert.deepEqual(replies, ["refused", "refused"]);
    else {
      assert.equal(JSON.parse(replies[0] ?? "").error.code, -32001);
      assert.equal(JSON.parse(replies[1] ?? "").result.tools.length, 7);
    }
    await page.reload();
    await connected(page);
    assert.equal(await page.locator("#account-name").textContent(), "olga");
  });
}
