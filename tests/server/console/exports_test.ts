import assert from "node:assert/strict";
import type { AuditScanQuery, StoredAuditRecord } from "../../../storage/audit_log.ts";
import { StorageError } from "../../../storage/errors.ts";
import { createExports, type ExportsOptions } from "../../../server/console/exports.ts";
import type { ExportSum } from "../../../server/console/export_writer.ts";
import { openAuthorizer } from "../../../tools/authorizer.ts";
import { ToolError } from "../../../tools/error.ts";
import { newSigner, stored, writeChain } from "../../contracts/audit_chains.ts";
import { manualClock } from "../../contracts/manual_clock.ts";
import { DEFAULT_PRINCIPAL } from "../../../server/peer.ts";

const ID = "01a203e5-5ed9-71bf-a2a9-6d3e723f32c0";
const RECORDS: readonly StoredAuditRecord[] = stored(writeChain(newSigner(), 450).records).toReversed();

/** What the log has behind a place, newest first. */
function scanned({ after, limit }: AuditScanQuery) {
  const rest = RECORDS.filter(({ id }) => after === undefined || id < after.id);
  const records = rest.slice(0, limit);
  const last = records.at(-1);
  return { records, next: rest.length > limit && last ? { id: last.id, timeMs: last.timestampMs } : undefined };
}

function setUp(options: Partial<ExportsOptions> & { rowsMax?: number; bytesMax?: number } = {}) {
  const { rowsMax = 100_000, bytesMax = 67_108_864 } = options;
  const ends: ExportSum[] = [];
  const unrecorded: ExportSum[] = [];
  const exports = createExports({
    audit: { scan: (query) => Promise.resolve({ ...scanned(query), isOverdue: false }) },
    authorizer: openAuthorizer,
    clock: manualClock(),
    onUnrecorded: (sum) => unrecorded.push(sum),
    ...options,
  });
  const open = (
    changes: { format?: "csv"; standing?: { onEnd(tell: () => void): () => void }; fails?: Error } = {},
  ) => {
    using place = exports.take();
    return place?.open({
      begun: JSON.stringify({ export: ID, rows_max: rowsMax, bytes_max: bytesMax }),
      args: { format: changes.format ?? "jsonl" },
      principal: DEFAULT_PRINCIPAL,
      standing: changes.standing,
      record({ export: _, ...sum }) {
        ends.push(sum);
        return changes.fails ? Promise.reject(changes.fails) : Promise.resolve();
      },
    });
  };
  return { exports, ends, unrecorded, open };
}

async function linesOf(response: Response | undefined) {
  const text = await response?.text() ?? "";
  return text.trimEnd().split("\n").map((line) => JSON.parse(line));
}

Deno.test("an export has every record once, newest first, and a last line that says so", async () => {
  const { open, ends } = setUp();
  const lines = await linesOf(open());
  assert.deepEqual(lines.slice(0, -1).map(({ id }) => id), RECORDS.map(({ id }) => id));
  assert.deepEqual(lines.at(-1).export, { id: ID, rows: 450, complete: true, note: "Complete" });
  assert.deepEqual(ends.map(({ rows, ended }) => [rows, ended]), [[450, "complete"]]);
});

Deno.test("one that is cut says why and where to go on, and goes on there", async (t) => {
  const first = `${JSON.stringify({ id: 1 })}`.length;
  for (const [bound, reason] of [[{ rowsMax: 250 }, "rows"], [{ bytesMax: 100_000 }, "bytes"]] as const) {
    await t.step(reason, async () => {
      const { open, ends } = setUp(bound);
      const lines = await linesOf(open());
      const { rows, complete, note, next } = lines.at(-1).export;
      assert.deepEqual([complete, rows, next.id], [false, lines.length - 1, 451 - rows]);
      assert.match(note, /^Cut at the most .*deno task audit export/);
      assert.equal(ends[0]?.ended, reason);
      assert(first < (ends[0]?.bytes ?? 0) && (ends[0]?.bytes ?? 0) <= (reason === "bytes" ? 100_000 : Infinity));
    });
  }
  await t.step("in CSV, as a line of its own", async () => {
    const text = await setUp({ rowsMax: 250 }).open({ format: "csv" })?.text() ?? "";
    const lines = text.trimEnd().split("\r\n");
    assert.equal(lines.length, 252);
    assert.match(lines[0] ?? "", /^id,event_id,timestamp,/);
    assert.match(lines[251] ?? "", /^"# Cut at the most records .*""id"":201/);
  });
  await t.step("because the log could not be read any more", async () => {
    let pages = 0;
    const { open } = setUp({
      audit: {
        scan: (query) =>
          pages++ === 0
            ? Promise.resolve({ ...scanned(query), isOverdue: false })
            : Promise.reject(new StorageError("It is away")),
      },
    });
    const { rows, complete, note } = (await linesOf(open())).at(-1).export;
    assert.deepEqual([rows, complete], [200, false]);
    assert.match(note, /^Cut: the log could not be read, after 200 records/);
  });
});

Deno.test("who leaves is on record with what was sent, and nothing is read for them any more", async () => {
  let pages = 0;
  const { open, ends, exports } = setUp({
    audit: { scan: (query) => (pages++, Promise.resolve({ ...scanned(query), isOverdue: false })) },
  });
  const reader = open()?.body?.getReader();
  await reader?.read();
  await reader?.cancel();
  assert.deepEqual([pages, ends[0]?.rows, ends[0]?.ended], [1, 200, "left"]);
  await exports[Symbol.asyncDispose]();
  assert.equal(ends.length, 1);
});

Deno.test("who may read no more, and whom the server leaves, is not told that it is all", async () => {
  let revoke = () => {};
  const { open, ends, exports } = setUp();
  const standing = {
    onEnd: (tell: () => void) => {
      revoke = tell;
      return () => {};
    },
  };
  const revoked = open({ standing });
  revoke();
  await assert.rejects(revoked?.text() ?? Promise.resolve(), /may read no more/);
  const left = open();
  await exports[Symbol.asyncDispose]();
  await assert.rejects(left?.text() ?? Promise.resolve(), /the server stopped/);
  assert.deepEqual(ends.map(({ ended }) => ended), ["stopped", "stopped"]);
});

Deno.test("there is room for four at once, and again when one has ended", async () => {
  const { open, exports } = setUp();
  const [first, ...others] = [open(), open(), open(), open()];
  assert.equal(open(), undefined);
  await first?.text();
  const next = open();
  assert(next);
  await Promise.all([...others, next].map((response) => response?.body?.cancel()));
  // A place that was not used is given back.
  for (let i = 0; i < 5; i++) exports.take()?.[Symbol.dispose]();
  await open()?.body?.cancel();
});

Deno.test("without a record of its end an export breaks off; one that a limit refused is a record too", async () => {
  const { open, unrecorded } = setUp();
  const broken = open({ fails: new ToolError("audit_unavailable", "It is away") });
  await assert.rejects(broken?.text() ?? Promise.resolve(), /It is away/);
  assert.equal(unrecorded.length, 1);
  const limited = await linesOf(open({ fails: new ToolError("rate_limited", "Too many") }));
  assert.equal(limited.at(-1).export.complete, true);
});
