import assert from "node:assert/strict";
import type { AuditRecord } from "../../../storage/audit_log.ts";
import { type ChainHead, createChain, verifyRecords } from "../../../storage/audit/chain.ts";
import { createGroupCommitLog, type GroupCommitOptions } from "../../../storage/audit/group_commit.ts";
import { type Clock, systemClock } from "../../../storage/clock.ts";
import { StorageError } from "../../../storage/errors.ts";
import { entryWith } from "../../contracts/audit_entries.ts";
import { createControlledStore } from "./controlled_store.ts";

const AWAY = new StorageError("The store is away");

function open(options: Partial<GroupCommitOptions> = {}) {
  const store = createControlledStore();
  const log = createGroupCommitLog(store, createChain("one"), { clock: systemClock, ...options });
  return { store, log };
}

/** Whether a promise has settled by now, and how. */
function follow(promise: PromiseLike<void>) {
  const seen = { state: "pending", error: undefined as unknown };
  promise.then(() => seen.state = "done", (error) => {
    seen.state = "failed";
    seen.error = error;
  });
  return seen;
}

Deno.test("an append on an idle log is written as its turn ends, without a timer, and with what was appended in it", async () => {
  const { store, log } = open();
  const appends = [log.append(entryWith()), log.append(entryWith())];
  await turn();
  assert.equal(store.writes.length, 1);
  assert.equal(store.writes[0]?.batch.length, 2);
  assert.equal(log.queued, 2);
  store.writes[0].succeed();
  await Promise.all(appends);
  assert.equal(log.queued, 0);
  await log[Symbol.asyncDispose]();
});

Deno.test("what is appended during a write goes with the next, in order, and nothing is done before it is durable", async () => {
  const { store, log } = open();
  const first = follow(log.append(entryWith({ method: "0" })));
  const write = await store.nth(0);
  const later = ["1", "2", "3"].map((method) => follow(log.append(entryWith({ method }))));
  await turn();
  assert.equal(store.writes.length, 1, "one write in flight");
  assert.equal(first.state, "pending");
  write.succeed();
  const next = await store.nth(1);
  assert.equal(first.state, "done");
  assert.deepEqual(next.batch.map(({ method }) => method), ["1", "2", "3"]);
  assert.deepEqual(later.map(({ state }) => state), ["pending", "pending", "pending"]);
  next.succeed();
  await turn();
  assert.deepEqual(later.map(({ state }) => state), ["done", "done", "done"]);
  assert.equal(verifyRecords([...write.batch, ...next.batch]), undefined);
  await log[Symbol.asyncDispose]();
});

Deno.test("the head that is told is the last durable record's, whatever was appended since", async () => {
  const heads: ChainHead[] = [];
  const { store, log } = open({ onHead: (head) => heads.push(head) });
  const appends = [log.append(entryWith()), log.append(entryWith())];
  const first = await store.nth(0);
  appends.push(log.append(entryWith()));
  first.succeed();
  const second = await store.nth(1);
  assert.deepEqual(heads, [headOf(first.batch)]);
  second.succeed();
  await Promise.all(appends);
  assert.deepEqual(heads, [headOf(first.batch), headOf(second.batch)]);
  assert.deepEqual(heads.map(({ seq }) => seq), [2, 3]);
  await log[Symbol.asyncDispose]();
});

Deno.test("many whose records are durable are told 256 a turn, while the next write is under way", async () => {
  const { store, log } = open();
  let told = 0;
  const append = () => log.append(entryWith()).then(() => void told++);
  const first = append();
  const write = await store.nth(0);
  const appends = Array.from({ length: 400 }, append);
  write.succeed();
  const many = await store.nth(1);
  const last = append();
  many.succeed();
  const next = await store.nth(2);
  assert.equal(next.batch.length, 1);
  assert.equal(log.queued, 1);
  const seen = new Map([[told, log.unanswered]]);
  while (told < 401) {
    await new Promise(setImmediate);
    seen.set(told, log.unanswered);
  }
  assert.deepEqual([...seen], [[257, 145], [401, 1]]);
  next.succeed();
  await Promise.all([first, ...appends, last]);
  assert.equal(log.unanswered, 0);
  await log[Symbol.asyncDispose]();
});

Deno.test("a batch holds at most so many records and so many characters, one large record at least", async () => {
  const { store, log } = open({ batchMax: 3, batchCharsMax: 10_000 });
  const sizes = [1, 1, 1, 1, 7_500, 1, 50_000, 1, 1, 1, 1];
  const appends = sizes.map((size) => log.append(entryWith({ params: "x".repeat(size), result: "" })));
  const batches: number[][] = [];
  for (let n = 0; batches.flat().length < sizes.length; n++) {
    const write = await store.nth(n);
    batches.push(write.batch.map(({ params }) => params.length));
    write.succeed();
  }
  assert.deepEqual(batches, [[1, 1, 1], [1, 7_500], [1], [50_000], [1, 1, 1], [1]]);
  await Promise.all(appends);
  assert.equal(verifyRecords(store.writes.flatMap(({ batch }) => batch)), undefined);
  await log[Symbol.asyncDispose]();
});

Deno.test("a batch is tried again unchanged until the store has it; nothing overtakes it", async () => {
  const events: string[] = [];
  const { store, log } = open({
    onOutage: (error) => events.push(`outage: ${error instanceof Error && error.message}`),
    onRecovery: () => events.push("recovery"),
    onCommit: (records) => events.push(`${records} durable`),
  });
  const first = follow(log.append(entryWith()));
  (await store.nth(0)).fail(AWAY);
  const second = follow(log.append(entryWith()));
  for (let n = 1; n <= 3; n++) {
    const write = await store.nth(n);
    assert.equal(write.batch, store.writes[0]?.batch, "the very same records");
    assert.equal(log.state, "away");
    if (n < 3) write.fail(n === 1 ? AWAY : "not even an error");
    else write.succeed();
  }
  const next = await store.nth(4);
  assert.equal(log.state, "ready");
  assert.deepEqual([first.state, second.state], ["done", "pending"]);
  next.succeed();
  await turn();
  assert.equal(second.state, "done");
  assert.deepEqual(events, ["outage: The store is away", "1 durable", "recovery", "1 durable"]);
  await log[Symbol.asyncDispose]();
});

Deno.test("tries follow each other in pauses that grow to half a second", async () => {
  const { store, log } = open({ flushMs: 0 });
  const append = follow(log.append(entryWith()));
  const startedMs = performance.now();
  for (let n = 0; n < 6; n++) (await store.nth(n)).fail(AWAY);
  const tookMs = performance.now() - startedMs;
  // 25 + 50 + 100 + 200 + 400 ms.
  assert(tookMs >= 750, `${tookMs}`);
  await log[Symbol.asyncDispose]();
  assert.equal(append.state, "failed");
});

Deno.test("an append is rejected at its deadline with the reason, and its record is written all the same", async () => {
  const { store, log } = open({ deadlineMs: 60 });
  const startedMs = performance.now();
  const early = log.append(entryWith());
  (await store.nth(0)).fail(AWAY);
  const queued = log.append(entryWith());
  for (const append of [early, queued]) {
    await assert.rejects(append, (error) => {
      assert(error instanceof StorageError);
      assert.match(error.message, /could not keep the record within 60 ms: it is still retried/);
      assert.equal(error.cause, AWAY);
      return true;
    });
  }
  assert(performance.now() - startedMs >= 59);
  assert.equal(log.queued, 2);
  for (let n = 1; log.queued > 0; n++) {
    (await store.nth(n)).succeed();
    await turn();
  }
  assert.equal(new Set(store.writes.flatMap(({ batch }) => batch)).size, 2);
  await log.query({ limit: 1 });
  const late = log.append(entryWith());
  store.writes.at(-1)?.succeed();
  (await store.nth(store.writes.length)).succeed();
  await late;
  await log[Symbol.asyncDispose]();
});

Deno.test("each append has its own deadline, measured by the clock that never steps", async () => {
  let elapsedMs = 0;
  const clock: Clock = { now: () => -elapsedMs, elapsed: () => elapsedMs };
  const { store, log } = open({ clock, deadlineMs: 20, flushMs: 0 });
  const first = follow(log.append(entryWith()));
  await store.nth(0);
  elapsedMs = 15;
  const second = follow(log.append(entryWith()));
  elapsedMs = 25;
  await until(() => first.state === "failed");
  await pause(60);
  assert.equal(second.state, "pending", "10 ms are left, and the clock stands still");
  elapsedMs = 35;
  await until(() => second.state === "failed");
  await log[Symbol.asyncDispose]();
});

const FULL: readonly [bound: string, options: Partial<GroupCommitOptions>][] = [
  ["records", { queueMax: 3 }],
  ["characters", { queueCharsMax: 3 * 1100 }],
];
for (const [bound, options] of FULL) {
  Deno.test(`a log that is full by ${bound} refuses at once, and takes again what it has room for`, async () => {
    const { store, log } = open(options);
    const entry = () => entryWith({ params: "x".repeat(76), result: "" });
    const appends = [log.append(entry())];
    const write = await store.nth(0);
    appends.push(log.append(entry()));
    assert.equal(log.state, "ready");
    appends.push(log.append(entry()));
    assert.equal(log.state, "full");
    await assert.rejects(log.append(entry()), (error) => {
      assert(error instanceof StorageError);
      assert.match(error.message, /^Cannot append to the audit log: 3 records wait to be written already$/);
      return true;
    });
    write.succeed();
    await appends[0];
    assert.equal(log.state, "ready");
    (await store.nth(1)).succeed();
    await Promise.all(appends);
    await log[Symbol.asyncDispose]();
  });
}

Deno.test("a store that says it is away makes the log away before anything is written", async () => {
  const { store, log } = open();
  assert.equal(log.state, "ready");
  store.available = false;
  assert.equal(log.state, "away");
  await log[Symbol.asyncDispose]();
});

Deno.test("an event id that no store takes costs its own record only", async () => {
  const { store, log } = open();
  const good = log.append(entryWith());
  for (const eventId of ["", "1", "not a uuid", "01890a5d-ac96-774b-bcce-b302099a805\0"]) {
    await assert.rejects(log.append(entryWith({ eventId })), StorageError);
  }
  const write = await store.nth(0);
  assert.equal(write.batch.length, 1);
  write.succeed();
  await good;
  await log[Symbol.asyncDispose]();
});

Deno.test("an end writes what is queued, takes nothing more, and then closes the store", async () => {
  const { store, log } = open();
  const first = log.append(entryWith());
  const write = await store.nth(0);
  const queued = log.append(entryWith());
  const ended = follow(log[Symbol.asyncDispose]());
  await assert.rejects(log.append(entryWith()), /Cannot append to the audit log: it is closed/);
  write.succeed();
  await first;
  assert.deepEqual([ended.state, store.disposed], ["pending", false]);
  (await store.nth(1)).succeed();
  await queued;
  await log[Symbol.asyncDispose]();
  assert.equal(store.disposed, true);
});

Deno.test("an end does not wait for a pause before it tries once more", async () => {
  const { store, log } = open();
  const append = log.append(entryWith());
  for (let n = 0; n < 5; n++) (await store.nth(n)).fail(AWAY);
  await turn();
  const startedMs = performance.now();
  const ended = log[Symbol.asyncDispose]();
  (await store.nth(5)).succeed();
  await append;
  await ended;
  assert(performance.now() - startedMs < 300, "the pause would have been 400 ms");
});

for (const [what, end] of [["never ends", () => {}], ["fails", (fail: () => void) => fail()]] as const) {
  Deno.test(`an end gives up by its deadline while a write ${what}, and says so to who waits`, async () => {
    const { store, log } = open({ flushMs: 30 });
    const appends = [log.append(entryWith())];
    const write = await store.nth(0);
    appends.push(log.append(entryWith()));
    const rejected = appends.map((append) => assert.rejects(append, /could not keep the record before it was closed/));
    const startedMs = performance.now();
    end(() => write.fail(AWAY));
    await log[Symbol.asyncDispose]();
    await Promise.all(rejected);
    assert(performance.now() - startedMs < 1000);
    assert.equal(store.disposed, true);
    // What ends after that changes nothing, starts no timer and no write, and is nobody's unhandled rejection.
    store.writes.at(-1)?.fail(AWAY);
    const begun = store.writes.length;
    await turn();
    assert.equal(store.writes.length, begun);
  });
}

Deno.test("a thousand appends at once and one after the other leave one whole chain in order", async () => {
  const records: AuditRecord[] = [];
  const instant = createGroupCommitLog(
    {
      ...createControlledStore(),
      write: async (batch) => {
        await Promise.resolve();
        records.push(...batch);
      },
    },
    createChain("one"),
    { clock: systemClock, batchMax: 7 },
  );
  await Promise.all(Array.from({ length: 500 }, (_, i) => instant.append(entryWith({ method: `${i}` }))));
  for (let i = 500; i < 1000; i++) await instant.append(entryWith({ method: `${i}` }));
  assert.deepEqual(records.map(({ method }) => method), Array.from({ length: 1000 }, (_, i) => `${i}`));
  assert.equal(verifyRecords(records), undefined);
  await instant[Symbol.asyncDispose]();
});

function turn(): Promise<void> {
  return pause(0);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function until(holds: () => boolean): Promise<void> {
  const dueMs = performance.now() + 5000;
  while (!holds()) {
    assert(performance.now() < dueMs, `Not within 5 s: ${holds}`);
    await pause(1);
  }
}

function headOf(batch: readonly AuditRecord[]): ChainHead | undefined {
  const last = batch.at(-1);
  return last && { seq: last.seq, hash: last.hash };
}
