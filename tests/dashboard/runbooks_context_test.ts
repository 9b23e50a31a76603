import assert from "node:assert/strict";
import { type Chromium, launchChromium, WITH_PAGES } from "../services/chromium.ts";
import { type ServerService, startServer } from "../services/server.ts";
import { findAxeViolations } from "./axe.ts";

const MARKUP = `<img src=x onerror="globalThis.planted='img'"><svg onload="globalThis.planted='svg'">`;

const RUNBOOK = `---
title: 'Planted ${MARKUP.replaceAll("'", "''")}'
summary: A summary
severity: critical
---

# Planted

## Look

Read [this](javascript:globalThis.planted='link') and [that](data:text/html,x), or [the page](https://example.test/a).
![picture](https://example.test/x.png) ${MARKUP}

| A | B |
| - | - |
| ${MARKUP.replaceAll("|", "")} | **b** |

\`\`\`bash
kubectl get pods -n <namespace>
\`\`\`

\`\`\`text
${MARKUP}
\`\`\`
`;

let folder: string, server: ServerService, browser: Chromium;

Deno.test.beforeAll(async () => {
  folder = await Deno.makeTempDir({ prefix: "runbooks-" });
  await Deno.writeTextFile(`${folder}/planted.md`, RUNBOOK);
  const settings = { RUNBOOK_DIR: folder, TOOLSETS: "ctx,runbook,runbook-run" };
  [server, browser] = await Promise.all([startServer(settings), launchChromium()]);
});

Deno.test.afterAll(async () => {
  await browser[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
  await Deno.remove(folder, { recursive: true });
});

async function call(method: string, params: unknown): Promise<void> {
  const response = await fetch(`${server.url}/mcp`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
  });
  assert.equal((await response.json()).error, undefined);
}

Deno.test("context and runbooks by the keyboard; what is planted in them is text", WITH_PAGES, async () => {
  await call("ctx.set", { key: "deploy/planted", value: { [MARKUP]: MARKUP }, ttl_seconds: 90 });
  const { page, complaints } = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  const looksRight = async () => {
    for (const [colorScheme, width] of [["light", 1280], ["dark", 360]] as const) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 900 });
      assert.deepEqual(await findAxeViolations(page), [], `${colorScheme}, ${width} px`);
      assert.equal(await page.evaluate("document.documentElement.scrollWidth"), width);
    }
    assert.equal(await page.evaluate("typeof globalThis.planted"), "undefined");
    assert.equal(await page.locator("main img, main svg").count(), 0);
  };

  await page.goto(`${server.url}/dashboard#/context`);
  await page.locator("#context-note").filter({ hasText: "1 of 1 keys" }).waitFor();
  await page.getByRole("link", { name: "deploy/planted" }).focus();
  await page.keyboard.press("Enter");
  const value = page.getByRole("region", { name: "Value", exact: true });
  await value.getByText(/version 1 .* gone in 1 min [23]\d s/).waitFor();
  await value.getByText(/gone in 1 min 2\d s/).waitFor();
  assert((await value.innerText()).includes("<img src=x onerror="));
  await looksRight();

  await page.goto(`${server.url}/dashboard#/runbooks`);
  await page.getByRole("link", { name: /^Planted/ }).focus();
  await page.keyboard.press("Enter");
  const book = page.getByRole("region", { name: "Runbook", exact: true });
  await book.getByRole("link", { name: "the page" }).first().waitFor();
  assert.deepEqual(
    await book.locator("a").evaluateAll((links) => links.map((link) => link.getAttribute("href"))),
    ["https://example.test/a", "https://example.test/a"],
  );
  await book.getByRole("textbox", { name: "namespace" }).fill("shop");
  await page.keyboard.press("Enter");
  await book.getByText(/May run|Refused|Not turned on/).waitFor();
  const run = book.getByRole("button", { name: "Run the reads of this plan" });
  await Deno.writeTextFile(`${folder}/planted.md`, `${RUNBOOK}\nMore words.\n`);
  await run.click();
  await book.getByText(/The plan is no longer what was previewed/).waitFor();
  await book.getByRole("button", { name: "Preview again" }).click();
  await book.getByText(/The plan is no longer/).waitFor({ state: "detached" });
  await run.click();
  await book.getByText(/^(Completed|Stopped)/).waitFor();
  await looksRight();
  assert.deepEqual(complaints, []);
});
