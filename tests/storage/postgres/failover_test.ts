import assert from "node:assert/strict";
import { v7 } from "uuid";
import { createChain } from "../../../storage/audit/chain.ts";
import { createGroupCommitLog } from "../../../storage/audit/group_commit.ts";
import { systemClock } from "../../../storage/clock.ts";
import { createPostgresAuditStore } from "../../../storage/postgres/audit_store.ts";
import { entryWith } from "../../contracts/audit_entries.ts";
import { freePort } from "../../services/process.ts";
import { type PostgresService, startPostgres } from "../../services/postgres.ts";
import { observe } from "./subject.ts";

/** One URL of several servers with the same users, in this order. */
function urlOf(service: PostgresService, ...ports: readonly number[]): string {
  return service.url.replace(`127.0.0.1:${service.port}`, ports.map((port) => `127.0.0.1:${port}`).join(","));
}

/** A primary that answers a commit once its standby has it, and the standby. */
async function startPair() {
  await using stack = new AsyncDisposableStack();
  const primary = stack.use(await startPostgres());
  const standby = stack.use(await startPostgres({ standbyOf: primary }));
  const as = { user: "postgres", database: "postgres" };
  await primary.psql("ALTER SYSTEM SET synchronous_standby_names = '*'", as);
  await primary.psql("SELECT pg_reload_conf()", as);
  const owned = stack.move();
  return {
    primary,
    standby,
    promote: () => standby.psql("SELECT pg_promote()", as),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

Deno.test("the primary is killed under writers and its standby promoted: no appended record is lost", async () => {
  await using pair = await startPair();
  const { primary, standby } = pair;
  const observed = observe(urlOf(primary, standby.port, primary.port));
  const store = createPostgresAuditStore(observed.connection);
  const chain = createChain(v7());
  await using log = createGroupCommitLog(store, chain, {
    clock: systemClock,
    deadlineMs: 60_000,
    onOutage: () => {},
    onRecovery: () => {},
  });
  await observed.told("connected");
  const appended: string[] = [];
  let stopped = false;
  const writers = Promise.all(Array.from({ length: 4 }, async () => {
    while (!stopped) {
      const entry = entryWith();
      await log.append(entry);
      appended.push(entry.eventId);
    }
  }));
  const wrote = async (more: number) => {
    const before = appended.length;
    const deadline = performance.now() + 30_000;
    while (appended.length < before + more) {
      assert(performance.now() < deadline, `${observed.changes} ${observed.reason}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  await wrote(50);
  await primary.kill();
  await observed.told("disconnected");
  await pair.promote();
  await observed.told("connected");
  await wrote(50);
  stopped = true;
  await writers;
  const stored = (await standby.psql(["-Atc", "SELECT event_id FROM audit_logs"])).trim().split("\n");
  assert.deepEqual(new Set(stored), new Set(appended));
  assert.equal(stored.length, appended.length);
});

Deno.test("a host that is away, or takes no writes, is passed over; one alone is too where the URL says so", async () => {
  await using pair = await startPair();
  const { primary, standby } = pair;
  const away = await freePort();
  await using observed = observe(urlOf(primary, away, standby.port, primary.port));
  await using _store = createPostgresAuditStore(observed.connection);
  const { rows } = await observed.connection.query("read", "SELECT current_setting('port') AS port");
  assert.deepEqual(rows, [{ port: `${primary.port}` }]);
  await using direct = observe(urlOf(primary, away, standby.port, primary.port));
  const port = await direct.connection.session(async (session) =>
    (await session.query("SELECT current_setting('port') AS port")).rows[0]?.["port"]
  );
  assert.equal(port, `${primary.port}`, "also for a session of its own that is asked for first");

  await using strict = observe(`${standby.url}?target_session_attrs=read-write`);
  await strict.told("disconnected");
  assert.equal(strict.reason, `127.0.0.1:${standby.port} takes no writes: it is read-only`);
});

Deno.test("a primary that becomes read-only under us is left for the one that is promoted", async () => {
  await using pair = await startPair();
  const { primary, standby } = pair;
  await using observed = observe(urlOf(primary, primary.port, standby.port));
  const store = createPostgresAuditStore(observed.connection);
  const chain = createChain(v7());
  await store.write(chain.seal([entryWith()]));
  const as = { user: "postgres", database: "postgres" };
  await primary.psql("ALTER SYSTEM SET default_transaction_read_only = on", as);
  await primary.psql("SELECT pg_reload_conf()", as);
  await pair.promote();
  const batch = chain.seal([entryWith()]);
  await assert.rejects(store.write(batch), /read-only transaction/);
  await observed.told("connected");
  await store.write(batch);
  assert.equal(await standby.psql(["-Atc", "SELECT count(*) FROM audit_logs"]), "2\n");
});
