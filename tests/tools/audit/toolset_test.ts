import assert from "node:assert/strict";
import { v7 } from "uuid";
import { createChain } from "../../../storage/audit/chain.ts";
import type { AuditLog } from "../../../storage/audit_log.ts";
import { createEmbeddedAuditStore } from "../../../storage/embedded/audit_store.ts";
import { openDatabase } from "../../../storage/embedded/database.ts";
import { StorageError } from "../../../storage/errors.ts";
import { auditQuery } from "../../../tools/audit/query.ts";
import { auditStats } from "../../../tools/audit/stats.ts";
import type { Authorizer } from "../../../tools/authorizer.ts";
import { entryWith } from "../../contracts/audit_entries.ts";
import { standingClock, testCallPath, testContext } from "../call_path.ts";
import { toolError } from "../tool_error.ts";

const NOW_MS = 1_700_000_000_000;
const TOKENS_MAX = 2000;
const RECORDS = 300;

/** A day's records of ann and bob, one every second up to now, and the tools over them. */
async function openTools() {
  const database = openDatabase(":memory:");
  const store = createEmbeddedAuditStore(database);
  await store.write(
    createChain(v7()).seal(Array.from({ length: RECORDS }, (_, i) =>
      entryWith({
        timestampMs: NOW_MS - (RECORDS - i) * 1000,
        toolName: i % 3 === 0 ? "ctx.get" : "logs.search",
        principal: i % 2 === 0 ? "ann" : "bob",
        outcome: i % 10 === 0 ? "denied" : "ok",
        params: JSON.stringify({ key: `incident-${i}`, padding: "x".repeat(500) }),
        result: i % 10 === 0
          ? JSON.stringify({ error: { code: -32003, kind: "forbidden", message: "ann may not" } })
          : '{"value":1}',
        resultTokens: 4,
        durationMs: 2,
      }))),
  );
  const clock = standingClock(NOW_MS);
  const mayEnter: Authorizer["mayEnter"] = ({ roles }) =>
    roles.includes("auditor")
      ? { allowed: true, rule: "auditor.doors", limits: {} }
      : { allowed: false, rule: "viewer.doors", reason: "no door" };
  const tools = (audit: Pick<AuditLog, "query" | "sums">) =>
    testCallPath([auditQuery(audit, { mayEnter }, clock), auditStats(audit, { mayEnter }, clock)]);
  const path = tools(store);
  const ask = (call: ReturnType<typeof tools>["call"]) => async (tool: string, args: unknown, roles: string[] = []) => {
    const context = testContext({ principal: { name: "ann", authMethod: "token", roles } });
    return JSON.parse((await call({ method: tool, tool, args }, context)).text);
  };
  return {
    ask: ask(path.call),
    askWith: (audit: AuditLog) => ask(tools(audit).call),
    [Symbol.dispose]: () => database.close(),
  };
}

Deno.test("audit.query gives a caller its own records alone, and an auditor everyone's", async () => {
  using tools = await openTools();
  const names = async (args: unknown, roles?: string[]) => {
    const { records } = await tools.ask("audit.query", { limit: 100, ...Object(args) }, roles);
    return [...new Set(records.map(({ principal }: { principal: string }) => principal))].sort();
  };
  assert.deepEqual(await names({}), ["ann"]);
  assert.deepEqual(await names({ principal: "ann" }), ["ann"]);
  assert.deepEqual(await names({}, ["auditor"]), ["ann", "bob"]);
  assert.deepEqual(await names({ principal: "bob" }, ["auditor"]), ["bob"]);
  for (const tool of ["audit.query", "audit.stats"]) {
    const error = await toolError("forbidden", () => tools.ask(tool, { principal: "bob" }));
    assert.equal(error.data["rule"], "viewer.doors");
  }
});

Deno.test("audit.query pages from the newest to the oldest, each default answer within its tokens", async () => {
  using tools = await openTools();
  const ids: number[] = [];
  let before: number | undefined;
  do {
    const page = await tools.ask("audit.query", { ...(before && { before }) }, ["auditor"]);
    assert(Math.ceil(JSON.stringify(page).length / 3) <= TOKENS_MAX);
    assert.equal(page.returned, page.records.length);
    ids.push(...page.records.map(({ id }: { id: number }) => id));
    before = page.next;
  } while (before);
  assert.deepEqual(ids, Array.from({ length: RECORDS }, (_, i) => RECORDS - i));
});

Deno.test("audit.query narrows by tool, outcome, text and period", async () => {
  using tools = await openTools();
  const count = async (args: unknown) =>
    (await tools.ask("audit.query", { limit: 200, ...Object(args) }, ["auditor"])).returned;
  assert.equal(await count({ tool: "ctx.get" }), 100);
  assert.equal(await count({ outcome: "denied" }), 30);
  assert.equal(await count({ text: "INCIDENT-29" }), 11);
  assert.equal(await count({ since_seconds: 10 }), 10);
  const at = (seconds: number) => new Date(NOW_MS - seconds * 1000).toISOString();
  assert.equal(await count({ from: at(10), to: at(5) }), 5);
  const [record] = (await tools.ask("audit.query", { outcome: "denied", limit: 1 }, ["auditor"])).records;
  assert.deepEqual([record.error, record.params.length], ["ann may not", 201]);
  const { full } = (await tools.ask("audit.query", { limit: 1, full: true }, ["auditor"])).records[0];
  assert.deepEqual([full.seq, full.hash.length, full.params.length > 500], [RECORDS, 64, true]);
});

for (
  const [what, args] of [
    ["two beginnings", { since_seconds: 5, from: "2026-01-01T00:00:00Z" }],
    ["an end before the beginning", { from: "2026-01-02T00:00:00Z", to: "2026-01-01T00:00:00Z" }],
    ["a time in another form", { from: "yesterday" }],
    ["an outcome that there is not", { outcome: "fine" }],
  ] as const
) {
  Deno.test(`audit.query refuses ${what}`, async () => {
    using tools = await openTools();
    await toolError("invalid_params", () => tools.ask("audit.query", args));
  });
}

Deno.test("audit.stats sums up by tool and outcome, of the last hour where nothing else is asked for", async () => {
  using tools = await openTools();
  const { from, tools: rows, ...all } = await tools.ask("audit.stats", {}, ["auditor"]);
  assert.equal(from, new Date(NOW_MS - 3_600_000).toISOString());
  assert.deepEqual(all, { calls: 300, failed: 30, tokens: 1200, returned: 4, total: 4 });
  assert.deepEqual(rows[0], { tool: "logs.search", outcome: "ok", calls: 180, tokens: 720, mean_ms: 2, max_ms: 2 });
  assert.equal((await tools.ask("audit.stats", {})).calls, 150);
  assert.equal((await tools.ask("audit.stats", { since_seconds: 20 }, ["auditor"])).calls, 20);
});

Deno.test("a log that is away is said to be so", async () => {
  using tools = await openTools();
  const away = () => Promise.reject(new StorageError("away"));
  const ask = tools.askWith({ query: away, sums: away } as Partial<AuditLog> as AuditLog);
  for (const tool of ["audit.query", "audit.stats"]) {
    const error = await toolError("unavailable", () => ask(tool, {}));
    assert.match(error.hint ?? "", /Narrow it by time/);
  }
});
