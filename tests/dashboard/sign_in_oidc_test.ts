import assert from "node:assert/strict";
import { type Chromium, launchChromium, WITH_PAGES } from "../services/chromium.ts";
import { startTestIssuer, type TestIssuer } from "../services/oidc_issuer.ts";
import { type ServerService, startServer } from "../services/server.ts";
import { connected } from "./page.ts";
import { asked, beside401 } from "./sign_in.ts";

/** The server's name, which tokens are meant for; the tests reach it by its address. */
const PUBLIC_URL = "https://mcp.ops.example";

let issuer: TestIssuer;
let server: ServerService;
let browser: Chromium;

Deno.test.beforeAll(async () => {
  issuer = await startTestIssuer({ audience: `${PUBLIC_URL}/mcp` });
  [server, browser] = await Promise.all([
    startServer({ AUTH_MODE: "oidc", OIDC_ISSUER: issuer.issuer, PUBLIC_URL, OIDC_CLOCK_SKEW_SECONDS: "0" }),
    launchChromium(),
  ]);
});

Deno.test.afterAll(async () => {
  await browser[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
  await issuer[Symbol.asyncDispose]();
});

async function submit(page: Awaited<ReturnType<Chromium["newPage"]>>["page"], token: string): Promise<void> {
  await page.getByLabel("Access token").fill(token);
  await page.keyboard.press("Enter");
}

Deno.test("an access token signs in under the name that its issuer gives, whatever is in it", WITH_PAGES, async () => {
  const { page, complaints } = await browser.newPage();
  await page.goto(`${server.url}/dashboard`);
  await asked(page, /Paste an access token/);
  const sub = `<img src=x onerror="planted = 1">`;
  await submit(page, await issuer.token({ sub, roles: ["operator"], exp: Math.floor(Date.now() / 1000) - 60 }));
  await page.getByRole("alert").filter({ hasText: /expired/ }).waitFor();
  await submit(page, await issuer.token({ sub, roles: ["operator"] }));
  await connected(page);
  assert.equal(await page.locator("#account-name").textContent(), sub);
  assert.equal(await page.locator("#account img").count(), 0);
  assert.deepEqual(beside401(complaints), []);
});

Deno.test(
  "a session ends with its token: the socket is closed, and the page asks again by itself",
  WITH_PAGES,
  async () => {
    const { page } = await browser.newPage();
    await page.goto(`${server.url}/dashboard`);
    await asked(page);
    const lives = 5;
    await submit(page, await issuer.token({ roles: ["operator"], exp: Math.floor(Date.now() / 1000) + lives }));
    await connected(page);
    await asked(page, /^Your session has ended\. /);
    await submit(page, await issuer.token({ roles: ["operator"] }));
    await connected(page);
  },
);
