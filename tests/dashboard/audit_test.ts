import assert from "node:assert/strict";
import { type Chromium, launchChromium, WITH_PAGES } from "../services/chromium.ts";
import { growLog } from "../contracts/grown_log.ts";
import { startPostgres } from "../services/postgres.ts";
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

/** Markup in every column that a caller or an intruder can fill, and a formula. */
const MARKUP = `<img src=x onerror="globalThis.planted=1">`;
const PLANTED = `INSERT INTO audit_logs (event_id, "timestamp", method, tool_name, params, result, duration_ms, outcome,
  principal, auth_method, dialect, transport, client_name, params_sha256, result_sha256, result_bytes, result_tokens,
  replica, chain_id, seq, prev_hash, hash)
SELECT gen_random_uuid(), now(), m, m, m, m, 1, 'ok', m, m, 'house', 'http', '=HYPERLINK("http://evil")', m, m, 1, 1,
  m, m, 1, m, m FROM (VALUES ('${MARKUP}')) AS v (m)`;

/** What somebody does who has every right. */
const TAMPER = `SET session_replication_role = replica;
UPDATE audit_logs SET params = '{"key":"innocent"}' WHERE tool_name = 'ctx.set'`;

Deno.test(
  "a grown log is asked, read on, verified record by record and exported; markup is text",
  WITH_PAGES,
  async () => {
    await using postgres = await startPostgres();
    await using server = await startServer({ RATE_LIMIT_PER_MINUTE: "0", DATABASE_URL: postgres.url });
    await call(server.url, "ctx.set", { key: "planted", value: MARKUP });
    for (let i = 0; i < 3; i++) await call(server.url, "ctx.get", { key: `own-${i}` });
    await postgres.psql(growLog(20_000));
    await postgres.psql(PLANTED);
    const { page, complaints } = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    await page.goto(`${server.url}/dashboard#/audit`);
    const note = page.locator("#audit-note");
    await note.filter({ hasText: "200 records, and older ones" }).waitFor();
    await page.getByRole("button", { name: "Older records" }).click();
    await note.filter({ hasText: "400 records, and older ones" }).waitFor();
    const tool = page.getByLabel("Tool", { exact: true });
    const search = page.getByRole("button", { name: "Search" });
    const row = page.locator(".vbody .vrow:visible").first();
    const record = page.getByRole("region", { name: "Record of a call" });
    const verdict = record.locator(".verdict");
    const verify = record.getByRole("button", { name: "Verify" });

    await tool.fill("ctx.set");
    await page.keyboard.press("Enter");
    await note.filter({ hasText: /^1 record$/ }).waitFor();
    assert.match(await row.innerText(), /<img src=x onerror=/);
    await row.click();
    await verify.focus();
    await page.keyboard.press("Enter");
    await verdict.getByText("As it was written, as far as was checked").waitFor();
    assert.match(await verdict.innerText(), /seq 2: its own hash[^]*signed opening[^]*deno task audit verify/);
    assert.match(await record.locator(".chain-place dl").first().innerText(), /Place\n1\n/);

    await postgres.psql(TAMPER, { user: "postgres" });
    await verify.click();
    await verdict.getByText("Broken: not what was written").waitFor();
    assert.match(await verdict.innerText(), /changed, seq 1, [0-9a-f-]{36}: Expected hash [0-9a-f]{64}/);
    // The record behind it is told that its neighbour was changed.
    await tool.fill("ctx.get");
    await page.getByLabel("Text").fill("own-0");
    await search.click();
    await note.filter({ hasText: /^1 record$/ }).waitFor();
    await row.click();
    await record.getByText("own-0").first().waitFor();
    await verify.click();
    await verdict.getByText(/^changed, seq 1, /).first().waitFor();

    await tool.fill("k8s.scale");
    await page.getByLabel("Text").fill("");
    await search.click();
    await note.filter({ hasText: /^40 records$/ }).waitFor();
    const exported = page.locator("#audit-export-note");
    const save = async (label: string) => {
      const [saved] = await Promise.all([
        page.waitForEvent("download"),
        page.getByRole("button", { name: label }).click(),
      ]);
      await exported.filter({ hasText: /^Saved/ }).waitFor();
      return await Deno.readTextFile(await saved.path());
    };
    const lines = (await save("Export JSON lines")).trim().split("\n").map((line) => JSON.parse(line));
    assert.deepEqual([lines.length, lines[0].tool_name, lines[40].export.complete], [41, "k8s.scale", true]);
    assert.match(await exported.innerText(), /Complete: 40 records/);
    const ends = "SELECT params FROM audit_logs WHERE tool_name = 'audit.export_end' ORDER BY id DESC LIMIT 1";
    assert.match(await postgres.psql(ends), /"rows":40,"bytes":\d+,"ended":"complete"/);

    await tool.fill("");
    await page.getByLabel("Principal").fill(MARKUP);
    await search.click();
    await note.filter({ hasText: /^1 record$/ }).waitFor();
    assert.match(await save("Export CSV"), /,"'=HYPERLINK\(""http:\/\/evil""\)",/);
    await row.click();
    await record.getByText("=HYPERLINK").waitFor();
    await verify.click();
    await verdict.getByText("Broken: not what was written").waitFor();
    assert.match(await verdict.innerText(), /inserted, seq 1[^]*Nobody who is trusted has opened its chain/);
    for (const [colorScheme, width] of [["light", 1280], ["dark", 360]] as const) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 900 });
      assert.deepEqual(await findAxeViolations(page), [], `${colorScheme}, ${width} px`);
      assert.equal(await page.evaluate("document.documentElement.scrollWidth"), width);
    }
    assert.equal(await page.evaluate("typeof globalThis.planted"), "undefined");
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

  const ask = async (key: string, path: string, body: unknown) => {
    const response = await fetch(`${server.url}/dashboard/api/${path}`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${key}` },
      body: JSON.stringify(body),
    });
    return { status: response.status, text: await response.text() };
  };
  const found = JSON.parse((await ask(server.keys.adam, "records", { text: "of-adam", tool: "ctx.get" })).text);
  const { eventId: event_id } = found.records[0];
  const mine = await ask(server.keys.adam, "verify", { event_id });
  assert.deepEqual([mine.status, JSON.parse(mine.text).intact], [200, true]);
  const refused = await ask(server.keys.olga, "verify", { event_id });
  assert.deepEqual([refused.status, JSON.parse(refused.text).error], [
    422,
    "The log has no such record that you may read",
  ]);
  const exported = await ask(server.keys.olga, "export", { format: "jsonl" });
  const lines = exported.text.trim().split("\n").map((line) => JSON.parse(line));
  assert.deepEqual([exported.status, lines.at(-1).export.complete], [200, true]);
  assert(lines.slice(0, -1).every(({ principal }) => principal === "olga"));
  assert.equal(
    (await ask(server.keys.olga, "export", { format: "jsonl", principal: "adam" })).text.split("\n").length,
    2,
  );
});
