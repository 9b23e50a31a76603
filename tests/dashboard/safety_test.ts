import assert from "node:assert/strict";
import { type Chromium, launchChromium, WITH_PAGES } from "../services/chromium.ts";
import { type ServerService, startServer } from "../services/server.ts";
import { openDashboard } from "./page.ts";

let server: ServerService;
let browser: Chromium;

Deno.test.beforeAll(async () => {
  [server, browser] = await Promise.all([startServer(), launchChromium()]);
});

Deno.test.afterAll(async () => {
  await browser[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

const MARKUP: readonly string[] = [
  `<img src=x onerror="globalThis.planted = 'img'">`,
  `</pre></script><script>globalThis.planted = "script"</script>`,
  `<svg onload="globalThis.planted = 'svg'"><iframe srcdoc="<script>parent.planted = 'frame'</script>">`,
  `javascript:globalThis.planted='link'`,
  `"><a href="javascript:globalThis.planted='link'" autofocus onfocus="globalThis.planted='focus'">x</a>`,
];

Deno.test("markup in what the server answers is shown as text, and does nothing", WITH_PAGES, async (t) => {
  const { page, complaints, paste, replied, reply } = await openDashboard(browser, server.url);
  const elements = () => page.evaluate<number>("document.querySelectorAll('img, script, svg, iframe, a').length");
  const before = await elements();
  const send = async (method: string, params: unknown) => {
    await paste(JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }));
    await page.getByRole("button", { name: "Send" }).click();
    await replied(/^(Result|Error)/);
    return await reply();
  };
  for (const markup of MARKUP) {
    await t.step(markup, async () => {
      const planted = await fetch(`${server.url}/test/ctx`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ key: "planted", value: { [markup]: markup } }),
      });
      assert.equal((await planted.json()).success, true);
      // In a value and in a member's name.
      const shown = await send("ctx.get", { key: "planted" });
      assert.deepEqual(JSON.parse(shown).result.value, { [markup]: markup });
      // In an error's words, and in the title of the history's entry.
      const error = await send(markup, {});
      assert.equal(JSON.parse(error).error.code, -32601);
      const [title] = await page.locator(".sent-title").allTextContents();
      assert.equal(title, markup);
      assert.equal(await elements(), before, "no element comes from outside");
    });
  }
  assert.equal(await page.evaluate("typeof globalThis.planted"), "undefined");
  assert.deepEqual(complaints, []);
});

Deno.test("the policy would stop markup and scripts that a mistake lets in", WITH_PAGES, async () => {
  const mistakes: readonly (readonly [string, RegExp])[] = [
    ["document.body.innerHTML = '<b>x</b>'", /TrustedHTML/],
    ["document.body.append(Object.assign(document.createElement('script'), { textContent: 'x' }))", /TrustedScript/],
    ["fetch('http://localhost:1/')", /connect-src/],
    ["new WebSocket('ws://localhost:1/')", /connect-src/],
    ["document.body.setAttribute('onclick', 'x')", /TrustedScript/],
    [
      "document.body.append(Object.assign(document.createElement('iframe'), { src: '/health' }))",
      /frame-src|default-src/,
    ],
    ["document.body.append(Object.assign(document.createElement('img'), { src: 'http://localhost:1/x' }))", /img-src/],
    ["document.body.append(Object.assign(document.createElement('style'), { textContent: 'a{}' }))", /style-src/],
  ];
  const { page, complaints } = await openDashboard(browser, server.url);
  for (const [mistake, expected] of mistakes) {
    const before = complaints.length;
    await page.evaluate(
      `(async () => { try { await (${mistake}) } catch (error) { console.error(error.message) } })()`,
    );
    assert.match(await settled(() => complaints.slice(before).join("\n"), expected), expected, mistake);
  }
});

/** The text once it fits, or as it is after 5 s. */
async function settled(read: () => string, expected: RegExp): Promise<string> {
  const deadline = performance.now() + 5_000;
  while (!expected.test(read()) && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return read();
}
