import assert from "node:assert/strict";
import { openRedactor } from "../../server/redaction.ts";
import { readDocuments, tableUnder } from "../docs/document.ts";
import { readSettings, SettingError } from "../../server/settings.ts";

function settings(environment: Record<string, string>) {
  return readSettings(environment, Deno.readTextFileSync);
}

Deno.test("a server hides the built-in secrets, those of its operator's patterns, and its own", async () => {
  const { redact, redactText } = await openRedactor(settings({
    REDIS_URL: "redis://:Redis-Pass-1@redis-mcp",
    DATABASE_URL: "postgres://aiagent:Post%2Fgres-2@postgres-mcp/mcpaudit",
    REDACT_PATTERNS: '["ACME-[0-9]{8}", "employee=([0-9]+)"]',
  }));
  assert.equal(redactText("password=hunter2 ACME-12345678"), "password=[REDACTED] [REDACTED]");
  assert.equal(redactText("employee=4711 of aiagent"), "employee=[REDACTED] of aiagent");
  assert.deepEqual(redact({ log: ["Redis-Pass-1", "as Post/gres-2, Post%2Fgres-2"] }), {
    log: ["[REDACTED]", "as [REDACTED], [REDACTED]"],
  });
  assert.equal(redactText(btoa("Redis-Pass-1")), "[REDACTED]");
});

Deno.test("a pattern that cannot be used stops the start, with its number and the reason", async (t) => {
  const cases: readonly (readonly [patterns: readonly string[], reason: RegExp])[] = [
    [["ok", "("], /^Invalid setting REDACT_PATTERNS: cannot use pattern 2, "\(": missing closing \)/],
    [["a(?=b)"], /cannot use pattern 1, "a\(\?=b\)": .*look-around/],
    [["a*"], /matches the empty text/],
    [["x".repeat(513)], /more than 512 characters/],
    [["(?:[a-z]{100}){10}"], /too large/],
    [Array<string>(33).fill("a"), /expected at most 32 patterns, but got 33/],
  ];
  for (const [patterns, reason] of cases) {
    await t.step(String(reason), async () => {
      await assert.rejects(
        () => openRedactor(settings({ REDACT_PATTERNS: JSON.stringify(patterns) })),
        (error) => error instanceof SettingError && reason.test(error.message) || assert.fail(String(error)),
      );
    });
  }
});

Deno.test("the patterns in docs/redaction.md hide what it says", async (t) => {
  const document = (await readDocuments()).find(({ path }) => path === "docs/redaction.md");
  assert(document);
  const rows = tableUnder(document, "Patterns of your own");
  assert(rows.length > 0);
  for (const row of rows) {
    const [pattern = "", text = "", left] = row.map((cell) => cell?.replace(/^`(.*)`$/, "$1"));
    await t.step(pattern, async () => {
      const { redactText } = await openRedactor(settings({ REDACT_PATTERNS: `["${pattern}"]` }));
      assert.equal(redactText(text), left);
      assert.notEqual(text, left);
    });
  }
});
