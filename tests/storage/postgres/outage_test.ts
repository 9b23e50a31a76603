import assert from "node:assert/strict";
import { v7 } from "uuid";
import { createChain, verifyRecords } from "../../../storage/audit/chain.ts";
import { createGroupCommitLog } from "../../../storage/audit/group_commit.ts";
import { systemClock } from "../../../storage/clock.ts";
import { StorageError } from "../../../storage/errors.ts";
import { createPostgresAuditStore } from "../../../storage/postgres/audit_store.ts";
import { entryWith } from "../../contracts/audit_entries.ts";
import { startPostgres } from "../../services/postgres.ts";
import { observe } from "./subject.ts";

/** Well above the half second that it takes, for a machine that is busy. */
const HEALED_MS = 4000;
/** Short, so that a frozen server is noticed in a test's time. */
const DEADLINE_MS = 800;

Deno.test("the log in Postgres, while Postgres comes and goes", async (t) => {
  await using service = await startPostgres();

  await t.step("a store that is opened while Postgres is away fails at once, and heals when it comes", async () => {
    await service.kill();
    await using observed = observe(service.url);
    await using store = createPostgresAuditStore(observed.connection);
    assert.equal(observed.connection.state, "connecting");
    assert.equal(store.available, true, "not known to be away");
    const [record] = createChain(v7()).seal([entryWith()]);
    assert(record);

    await assert.rejects(store.write([record]), isStorageError(/ECONNREFUSED|refused/));
    await assert.rejects(store.query({ limit: 1 }), isStorageError(/ECONNREFUSED|refused/));
    assert.equal(store.available, false);

    await service.restart();
    await observed.told("connected", HEALED_MS);
    await store.write([record]);
    assert.equal((await store.query({ limit: 1 }))[0]?.hash, record.hash);
    const address = `127.0.0.1:${service.port}/mcpaudit`;
    assert.deepEqual(observed.changes, [`disconnected ${address}`, `connected ${address}`], "said once a change");
  });

  await t.step(
    "killing Postgres under writers and readers loses no appended record, and all heals by itself",
    async () => {
      const observed = observe(service.url);
      const store = createPostgresAuditStore(observed.connection);
      const chain = createChain(v7());
      let outages = 0;
      let recoveries = 0;
      await using log = createGroupCommitLog(store, chain, {
        clock: systemClock,
        onOutage: () => outages++,
        onRecovery: () => recoveries++,
      });
      await observed.told("connected");

      const appended: string[] = [];
      let stopped = false;
      const writers = Array.from({ length: 8 }, async () => {
        while (!stopped) {
          const entry = entryWith();
          await log.append(entry);
          appended.push(entry.eventId);
        }
      });
      const reader = (async () => {
        while (!stopped) {
          await log.query({ limit: 5 }).catch((error) => assert(error instanceof StorageError));
          // What fails at once leaves no room for anything else in a loop.
          await turn();
        }
      })();
      for (let round = 1; round <= 2; round++) {
        const before = appended.length;
        await until(() => appended.length > before + 50);
        await service.kill();
        await until(() => log.state === "away");
        await service.restart();
        await observed.told("connected", HEALED_MS);
        await until(() => log.state === "ready" && outages === round && recoveries === round);
      }
      stopped = true;
      await Promise.all([...writers, reader]);

      const stored =
        (await service.psql(["-Atc", `SELECT event_id FROM audit_logs WHERE chain_id = '${chain.id}' ORDER BY seq`]))
          .trim().split("\n");
      assert.deepEqual(new Set(stored), new Set(appended), "nothing missing, nothing that was not answered");
      assert.equal(stored.length, appended.length, "nothing twice");
      assert.equal(stored.length, chain.head.seq);
      assert.equal(log.queued, 0);
    },
  );

  await t.step(
    "a frozen Postgres fails a write by its deadline; thawed, the batch is there once and the chain is whole",
    async () => {
      const observed = observe(service.url, { deadlineMs: DEADLINE_MS });
      const store = createPostgresAuditStore(observed.connection);
      const chain = createChain(v7());
      await using log = createGroupCommitLog(store, chain, { clock: systemClock, deadlineMs: 15_000 });
      await log.append(entryWith());
      await log.query({ limit: 1 });

      service.freeze();
      const startedMs = performance.now();
      const frozen = log.append(entryWith());
      await assert.rejects(store.query({ limit: 1 }), isStorageError(/did not answer within 800 ms/));
      assert(performance.now() - startedMs < DEADLINE_MS + 1500, "in time");
      await observed.told("disconnected");
      assert.match(observed.reason ?? "", /did not answer within 800 ms/);
      await until(() => log.state === "away");
      await assert.rejects(store.query({ limit: 1 }), StorageError);
      assert(performance.now() - startedMs < DEADLINE_MS + 2000, "known to be away: at once");

      service.thaw();
      await observed.told("connected", HEALED_MS);
      await frozen;
      await log.append(entryWith());
      const records = (await store.query({ limit: 3 })).toReversed();
      assert.deepEqual(records.map(({ seq }) => seq), [1, 2, 3]);
      assert.equal(verifyRecords(records), undefined);
    },
  );

  await t.step("a Postgres that froze while nothing but a write was under way is found again", async () => {
    await using observed = observe(service.url, { deadlineMs: DEADLINE_MS });
    await observed.told("connected");
    service.freeze();
    await assert.rejects(
      observed.connection.query("write", "SELECT 1"),
      isStorageError(/did not answer within 800 ms/),
    );
    await observed.told("disconnected");
    service.thaw();
    await observed.told("connected", HEALED_MS);
    await observed.connection.query("write", "SELECT 1");
  });

  await t.step("an end is orderly within its deadline though Postgres is frozen, also while connecting", async () => {
    const observed = observe(service.url);
    await observed.told("connected");
    await observed.connection.query("write", "SELECT 1");
    // One on an open connection, one that is about to open its own.
    const pending = (["write", "read"] as const).map((lane) =>
      observed.connection.query(lane, "SELECT pg_sleep(60)").catch((error) => error)
    );
    service.freeze();
    const connecting = observe(service.url);
    const startedMs = performance.now();
    await Promise.all([observed[Symbol.asyncDispose](), connecting[Symbol.asyncDispose]()]);
    for (const error of await Promise.all(pending)) assert(error instanceof StorageError);
    assert(performance.now() - startedMs < 2500);
    await assert.rejects(observed.connection.query("read", "SELECT 1"), isStorageError(/closed/));
    assert.deepEqual(connecting.changes, []);
    assert.equal(socketsTo(service.port), 0, "none waits for the frozen server to agree");
    service.thaw();
  });

  await t.step("a statement that takes too long is stopped by the server, and the connection goes on", async () => {
    // The server stops it a quarter of the deadline before we would give up: time enough on a machine that is busy.
    await using observed = observe(service.url, { deadlineMs: 3 * DEADLINE_MS });
    await assert.rejects(observed.connection.query("read", "SELECT pg_sleep(60)"), isStorageError(/statement timeout/));
    await observed.connection.query("read", "SELECT 1");
    assert.equal(observed.changes.length, 1, observed.reason ?? "");
  });

  await t.step("a writer does not wait for a slow reader", async () => {
    await using observed = observe(service.url);
    await using store = createPostgresAuditStore(observed.connection);
    await observed.told("connected");
    let read = false;
    const reading = observed.connection.query("read", "SELECT pg_sleep(1)").then(() => read = true);
    await store.write(createChain(v7()).seal([entryWith()]));
    assert.equal(read, false);
    await reading;
  });

  await t.step("connections that the server closes are opened anew without a word", async () => {
    await using observed = observe(service.url);
    const { connection } = observed;
    const lanes = ["read", "write"] as const;
    for (let round = 0; round < 3; round++) {
      const pids = await Promise.all(lanes.map((lane) => connection.query(lane, "SELECT pg_backend_pid() AS pid")));
      await service.psql(pids.map(({ rows }) => `SELECT pg_terminate_backend(${rows[0]?.["pid"]})`).join("; "));
      for (const lane of lanes) {
        // The close may reach us after a statement has left: that one fails, and is not repeated for us.
        await until(() => connection.query(lane, "SELECT 1").then(() => true, () => false));
      }
    }
    assert.equal(observed.changes.length, 1, observed.reason ?? "");
  });

  await t.step("a batch whose commit was not confirmed is written once", async () => {
    await using observed = observe(service.url, { deadlineMs: DEADLINE_MS });
    await using store = createPostgresAuditStore(observed.connection);
    const chain = createChain(v7());
    const batch = chain.seal([entryWith(), entryWith()]);
    await observed.told("connected");
    // The insert waits for the lock, we give up, the lock goes, and the insert happens behind our back.
    const lock = observed.connection.session(async (session) => {
      await session.query("BEGIN; LOCK TABLE audit_logs IN ACCESS EXCLUSIVE MODE");
      const first = await store.write(batch).catch((error) => error);
      assert(first instanceof StorageError);
      await session.query("ROLLBACK");
    });
    await lock;
    await Promise.all([store.write(batch), store.write(batch)]);
    await store.write(batch);
    assert.equal(await service.psql(["-Atc", `SELECT count(*) FROM audit_logs WHERE chain_id = '${chain.id}'`]), "2\n");
  });

  await t.step("a refused login says why and never the password", async () => {
    const cases = [
      [service.url.replace(service.password, "wr0ng-passw0rd"), /password authentication failed/],
      [service.url.replace("/mcpaudit", "/nowhere"), /database "nowhere" does not exist/],
    ] as const;
    for (const [url, expected] of cases) {
      await using observed = observe(url);
      await observed.told("disconnected");
      assert.match(observed.reason ?? "", expected);
      const error = await observed.connection.query("read", "SELECT 1").catch((error) => error);
      assert(error instanceof StorageError);
      for (const text of [Deno.inspect(error), observed.reason, ...observed.changes]) {
        assert.doesNotMatch(String(text), new RegExp(`wr0ng-passw0rd|${service.password}`));
      }
    }
  });
});

Deno.test("a peer that takes the connection and never answers is away by the deadline", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepted: Deno.Conn[] = [];
  const accepting = (async () => {
    for await (const connection of listener) accepted.push(connection);
  })();
  const { port } = listener.addr as Deno.NetAddr;
  const observed = observe(`postgres://aiagent:secret@127.0.0.1:${port}/mcpaudit`, { deadlineMs: DEADLINE_MS });
  await observed.told("disconnected", DEADLINE_MS + 1500);
  await assert.rejects(observed.connection.query("read", "SELECT 1"), StorageError);
  await observed[Symbol.asyncDispose]();
  listener.close();
  await accepting;
  for (const connection of accepted) connection.close();
});

/** Sockets of any process to a port of this machine; one that is closed belongs to none. */
function socketsTo(port: number): number {
  const [, ...lines] = Deno.readTextFileSync("/proc/self/net/tcp").trim().split("\n");
  const remote = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  return lines.map((line) => line.trim().split(/\s+/)).filter((cells) => cells[2]?.endsWith(remote) && cells[9] !== "0")
    .length;
}

function isStorageError(message: RegExp) {
  return (error: unknown) => {
    assert(error instanceof StorageError, Deno.inspect(error));
    assert.match(error.message, message);
    return true;
  };
}

function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 5));
}

/** Polls; for what no event tells. */
async function until(holds: () => boolean | Promise<boolean>, timeoutMs = 10_000): Promise<void> {
  const dueMs = performance.now() + timeoutMs;
  while (!(await holds())) {
    assert(performance.now() < dueMs, `Not within ${timeoutMs} ms: ${holds}`);
    await turn();
  }
}
