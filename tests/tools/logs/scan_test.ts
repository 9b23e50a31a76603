import assert from "node:assert/strict";
import { ToolError } from "../../../tools/error.ts";
import type { LogLine } from "../../../tools/logs/line.ts";
import { parseQuery } from "../../../tools/logs/query.ts";
import { ScanBudget } from "../../../tools/logs/scan.ts";
import { recordedBytes } from "../../services/kubernetes/recorded.ts";

const AT = "2026-11-22T10:16:08.881109301Z";

Deno.test("a scan gives the newest lines that match, and counts all", async () => {
  const text = Array.from({ length: 100 }, (_, index) => `${AT} line ${index}\n`).join("");
  const scan = await new ScanBudget(1_000).scan(text, { filter: await parseQuery("/[05]$/"), limit: 3 }, noAbort());
  assert.deepEqual(scan.lines.map(({ message }) => message), ["line 85", "line 90", "line 95"]);
  assert.deepEqual([scan.matched, scan.scanned, scan.endedEarly], [20, 100, false]);
});

Deno.test("a scan of nothing finds nothing", async () => {
  const scan = await new ScanBudget(1_000).scan("", { filter: await parseQuery("x"), limit: 3 }, noAbort());
  assert.deepEqual(scan, { lines: [], matched: 0, scanned: 0, clipped: 0, endedEarly: false });
});

Deno.test("the recorded log is searched through colours, invalid bytes, NULs and its line of 20 KB", async (t) => {
  const text = new TextDecoder().decode(recordedBytes("logs/timestamps.txt"));
  const cases: readonly (readonly [query: string, matched: number, message: RegExp])[] = [
    ["coloured line", 1, /^INFO coloured line 256-colour$/],
    ["osc link text", 1, /^ERROR osc link text$/],
    ["invalid utf-8", 1, /^invalid utf-8 bytes: .*\ufffd.* end$/],
    ["/nul byte: \\[\\]/", 1, /^nul byte: \[\] end$/],
    ["progress 100%", 1, /^progress 10%progress 50%progress 100%$/],
    ["/^carriage return line$/", 1, /./],
    ["long line start", 1, /^long line start x{20000}/],
    ["/x{200}/", 1, /^long line/],
    ["/^$/", 1, /^$/],
    ["日本語", 1, /^unicode: žluťoučký kůň/],
    ["/\\p{Arabic}/", 1, /^unicode: /],
  ];
  for (const [query, matched, message] of cases) {
    await t.step(query, async () => {
      const scan = await new ScanBudget(1_000).scan(text, { filter: await parseQuery(query), limit: 10 }, noAbort());
      assert.equal(scan.matched, matched);
      assert.match(scan.lines[0]?.message ?? "none", message);
      assert.equal(scan.lines[0]?.message.isWellFormed(), true);
    });
  }
});

Deno.test("a line longer than its query bears is searched in its beginning, and counted", async () => {
  const filter = { matches: (message: string) => message.includes("b"), charsMax: 3 };
  const text = `${AT} aab\n${AT} aaab\n${AT} aaba\n`;
  const scan = await new ScanBudget(1_000).scan(text, { filter, limit: 10 }, noAbort());
  assert.deepEqual(scan.lines.map(({ message }) => message), ["aab", "aaba"]);
  assert.deepEqual([scan.matched, scan.clipped], [2, 1]);
});

Deno.test("a scan whose time runs out has looked at the newest lines", async () => {
  let ms = 0;
  const budget = new ScanBudget(10, () => ms);
  const text = Array.from({ length: 100 }, (_, index) => `${AT} ${index}\n`).join("");
  const filter = { matches: () => (ms += 1, true), charsMax: Infinity };
  const scan = await budget.scan(text, { filter, limit: 1_000 }, noAbort());
  assert.equal(scan.endedEarly, true);
  assert(scan.scanned >= 10 && scan.scanned < 20, `${scan.scanned} lines`);
  assert.equal(scan.lines.at(-1)?.message, "99");
  assert.equal(scan.lines.length, scan.scanned);
  const next = await budget.scan(text, { filter, limit: 1_000 }, noAbort());
  assert.deepEqual([next.scanned, next.endedEarly], [0, true]);
});

Deno.test("a scan lets others have their turn, and ends when its caller goes away", async () => {
  let ms = 0;
  let turns = 0;
  const budget = new ScanBudget(1_000_000, () => ms);
  const caller = new AbortController();
  const other = setInterval(() => {
    if (++turns === 3) caller.abort(new ToolError("cancelled", "The caller went away"));
  }, 0);
  const filter = { matches: () => (ms += 1, false), charsMax: Infinity };
  const text = "line\n".repeat(1_000_000);
  await assert.rejects(
    budget.scan(text, { filter, limit: 10 }, caller.signal),
    (error) => error === caller.signal.reason,
  );
  clearInterval(other);
  assert.equal(turns, 3);
});

Deno.test("a log of 5 MB under a hostile expression holds the server for moments, and the search for its budget", async () => {
  const filter = await parseQuery("/a(?:a|b){200}[yz]/");
  const text = `${AT} ${"ab".repeat(10_000)}\n`.repeat(250);
  let longestMs = 0;
  let lastMs = performance.now();
  const heartbeat = setInterval(() => {
    longestMs = Math.max(longestMs, performance.now() - lastMs);
    lastMs = performance.now();
  }, 1);
  const startMs = performance.now();
  const scan = await new ScanBudget(500).scan(text, { filter, limit: 10 }, noAbort());
  const tookMs = performance.now() - startMs;
  clearInterval(heartbeat);
  assert(longestMs < 1_000, `held for ${longestMs} ms`);
  assert(tookMs < 5_000, `took ${tookMs} ms`);
  assert.equal(scan.matched, 0);
});

Deno.test("a scan gives the lines around those that match, each once and marked, and no more than are wanted", async () => {
  const text = Array.from({ length: 30 }, (_, index) => `${AT} line ${index}\n`).join("");
  const scan = async (query: string, limit: number) => {
    const request = { filter: await parseQuery(query), limit, context: 2 };
    const { lines, matched } = await new ScanBudget(1_000).scan(text, request, noAbort());
    return [matched, lines.map(({ message, context }) => `${context ? "~" : ""}${message.slice(5)}`).join(" ")];
  };
  assert.deepEqual(await scan("/ 1[03]$/", 100), [2, "~8 ~9 10 ~11 ~12 13 ~14 ~15"]);
  assert.deepEqual(await scan("/ (0|29)$/", 100), [2, "0 ~1 ~2 ~27 ~28 29"]);
  assert.deepEqual(await scan("/ 1[03]$/", 4), [2, "~12 13 ~14 ~15"]);
});

Deno.test("a scan tells of every line that matches, the newest first", async () => {
  const told: string[] = [];
  const request = {
    filter: await parseQuery("/[05]$/"),
    limit: 1,
    onMatch: (line: LogLine) => void told.push(line.message),
  };
  const text = Array.from({ length: 12 }, (_, index) => `${AT} line ${index}\n`).join("");
  await new ScanBudget(1_000).scan(text, request, noAbort());
  assert.deepEqual(told, ["line 10", "line 5", "line 0"]);
});

Deno.test("a key whose lines are parted by what is not seen is hidden as any other", async () => {
  const body = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQDf";
  const text = `${AT} -----BEGIN PRI\u200bVATE KEY-----\n${AT} ${body.slice(0, 20)}\u2063${body.slice(20)}\n` +
    `${AT} -----END PRIVATE\u00ad KEY-----\n${AT} after\n`;
  const scan = await new ScanBudget(1_000).scan(text, { filter: await parseQuery(""), limit: 9 }, noAbort());
  assert.deepEqual(scan.lines.map(({ message }) => message).slice(1), [
    "[REDACTED]",
    "-----END PRIVATE KEY-----",
    "after",
  ]);
});

function noAbort(): AbortSignal {
  return new AbortController().signal;
}
