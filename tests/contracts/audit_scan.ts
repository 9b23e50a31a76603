import assert from "node:assert/strict";
import { v7 } from "uuid";
import type { AuditPlace, AuditScanQuery, AuditStore, StoredAuditRecord } from "../../storage/audit_log.ts";
import { createChain } from "../../storage/audit/chain.ts";
import type { AuditStoreSubject } from "./audit_store.ts";
import { entryWith } from "./audit_entries.ts";

const COUNT = 3000;
const START_MS = 1_700_000_000_000;
const WRITE_MAX = 500;

type Narrowing = Omit<AuditScanQuery, "limit" | "budgetMs" | "after">;

/** Reads all of a scan, part by part. @returns the records, and how often its time was over */
async function readAll(store: AuditStore, query: Narrowing, limit: number, budgetMs: number) {
  const records: StoredAuditRecord[] = [];
  let overdue = 0;
  let after: AuditPlace | undefined;
  do {
    const part = await store.scan({ ...query, limit, budgetMs, after });
    assert(part.records.length <= limit);
    assert(part.isOverdue || part.next === undefined || part.records.length === limit, "a part is full, or the last");
    records.push(...part.records);
    if (part.isOverdue) overdue++;
    after = part.next;
  } while (after);
  return { records, overdue };
}

/** Registers the tests that every audit store's scan must pass. */
export function describeAuditScan(name: string, open: () => Promise<AuditStoreSubject>): void {
  Deno.test(`${name} scans its records part by part: none twice, none left out, whatever stops it`, async (t) => {
    await using subject = await open();
    const { store } = subject;
    // Every 100th came late, as out of a spool; four have the same time each.
    const batch = createChain(v7()).seal(Array.from({ length: COUNT }, (_, i) =>
      entryWith({
        timestampMs: START_MS + 1000 * Math.floor((i % 100 === 99 ? i / 2 : i) / 4),
        toolName: i % 3 === 0 ? "ctx.set" : "ctx.get",
        principal: i % 7 === 0 ? "alice" : "bob",
        outcome: i === 5 || i === COUNT - 5 ? "denied" : "ok",
        params: JSON.stringify({ key: `key-${i}` }),
      })));
    for (let i = 0; i < COUNT; i += WRITE_MAX) await store.write(batch.slice(i, i + WRITE_MAX));

    const noon = START_MS + 200_000;
    const cases: readonly [string, Narrowing, (record: StoredAuditRecord) => boolean][] = [
      ["nothing", {}, () => true],
      ["tool", { toolName: "ctx.set" }, ({ toolName }) => toolName === "ctx.set"],
      ["principal", { principal: "alice" }, ({ principal }) => principal === "alice"],
      [
        "tool and principal",
        { toolName: "ctx.set", principal: "alice" },
        (record) => record.toolName === "ctx.set" && record.principal === "alice",
      ],
      ["an outcome that is rare", { outcome: "denied" }, ({ outcome }) => outcome === "denied"],
      ["text", { text: "KEY-29" }, ({ params }) => params.includes("key-29")],
      [
        "time",
        { fromMs: noon, toMs: noon + 300_000 },
        ({ timestampMs }) => timestampMs >= noon && timestampMs < noon + 300_000,
      ],
      [
        "time and all else",
        { toMs: noon, principal: "bob", outcome: "ok", text: "key-1" },
        (record) =>
          record.timestampMs < noon && record.principal === "bob" && record.outcome === "ok" &&
          record.params.includes("key-1"),
      ],
    ];
    const stored = await readAll(store, {}, 1000, 1000);
    assert.equal(stored.records.length, COUNT);
    for (const [filter, query, fits] of cases) {
      await t.step(filter, async () => {
        const isByTime = query.fromMs !== undefined || query.toMs !== undefined;
        const expected = stored.records.filter(fits).toSorted((a, b) =>
          isByTime ? b.timestampMs - a.timestampMs || b.id - a.id : b.id - a.id
        ).map(({ id }) => id);
        const whole = await readAll(store, query, 1000, 10_000);
        assert.deepEqual(whole.records.map(({ id }) => id), expected);
        const parts = await readAll(store, query, 37, 0);
        assert.deepEqual(parts.records.map(({ id }) => id), expected);
      });
    }

    await t.step("what its time does not reach is told, with where it goes on", async () => {
      const part = await store.scan({ outcome: "denied", limit: 10, budgetMs: 0 });
      assert.deepEqual([part.records.length, part.isOverdue], [1, true]);
      const at = stored.records.find(({ id }) => id === part.next?.id);
      assert.equal(part.next?.timeMs, at?.timestampMs);
      assert.equal((await readAll(store, { outcome: "denied" }, 10, 0)).overdue > 0, true);
    });

    await t.step("one that is not wanted any more stops between two steps", async () => {
      const signal = AbortSignal.abort(new Error("Left"));
      await assert.rejects(store.scan({ outcome: "denied", limit: 10, budgetMs: 0, signal }), /Left/);
    });
  });
}
