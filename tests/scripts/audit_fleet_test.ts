import assert from "node:assert/strict";
import { generateSigningKey, printPrivateKey, printPublicKey } from "../../storage/audit/signing_key.ts";
import { type PostgresService, startPostgres } from "../services/postgres.ts";
import { ROOT, type ServerService, startServer } from "../services/server.ts";
import { runAudit } from "./audit.ts";

const ADMIN = { user: "postgres" } as const;
const CALLS = 40;

/** Makes calls at once, each its own request. */
async function call(server: ServerService, count: number): Promise<void> {
  const replies = await Promise.all(Array.from({ length: count }, async (_, i) => {
    const response = await fetch(`${server.url}/mcp`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ jsonrpc: "2.0", id: i, method: "ctx.set", params: { key: `k${i}`, value: i } }),
    });
    return await response.json();
  }));
  for (const reply of replies) assert.equal(reply.result?.success, true, JSON.stringify(reply));
}

async function stop(server: ServerService): Promise<void> {
  server.signal("SIGTERM");
  assert.equal((await server.status).code, 0);
  await server.printed(/"Stopped"|INFO: Stopped/);
}

/** A sample of `/metrics`. */
async function metric(server: ServerService, name: string): Promise<number> {
  const text = await (await fetch(`${server.url}/metrics`)).text();
  return Number(new RegExp(`^${name} (\\S+)$`, "m").exec(text)?.[1]);
}

/** Waits until a metric is what it should be. @throws after 20 s */
async function until(server: ServerService, name: string, holds: (value: number) => boolean): Promise<void> {
  const deadline = performance.now() + 20_000;
  for (let value = NaN; !holds(value); value = await metric(server, name)) {
    if (performance.now() > deadline) throw new Error(`${name} stays at ${value}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** The roles of production on a Postgres of the test's own. */
async function makeRoles(service: PostgresService) {
  const script = `${ROOT}storage/postgres/roles.sql`;
  await service.psql(["-q", "-v", "owner=mcp_owner", "-v", "app=mcp_app", "-f", script], ADMIN);
  for (const role of ["mcp_owner", "mcp_app"]) {
    await service.psql(`ALTER ROLE ${role} PASSWORD '${service.password}'`, ADMIN);
  }
  const urlOf = (role: string) => service.url.replace("aiagent:", `${role}:`);
  return { owner: { DATABASE_URL: urlOf("mcp_owner") }, app: { DATABASE_URL: urlOf("mcp_app") } };
}

Deno.test("three servers with the role of production, from their first start to tampering that is found", async (t) => {
  await using postgres = await startPostgres();
  const { owner, app } = await makeRoles(postgres);
  const folder = await Deno.makeTempDir({ prefix: "audit-" });
  await using _ = { [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }) };
  const key = generateSigningKey();
  await Deno.writeTextFile(`${folder}/key.pem`, printPrivateKey(key));
  await Deno.writeTextFile(`${folder}/public.pem`, printPublicKey(key));
  const settings = { AUDIT_SIGNING_KEY_FILE: `${folder}/key.pem`, AUDIT_OUTAGE: "refuse" };
  const auditor = { ...app };
  const logs: string[] = [];
  const verify = async (...args: string[]) => {
    const run = await runAudit(["verify", "--json", "--key", `${folder}/public.pem`, ...args], auditor);
    assert.equal(run.stderr, "");
    return { code: run.code, report: JSON.parse(run.stdout) };
  };

  await t.step("a server that comes before the tables says what to do, and goes on once they are there", async () => {
    await using server = await startServer({ ...app, ...settings, REPLICA: "first" });
    await server.printed('run \\"deno task audit migrate\\" as the role that owns the tables');
    assert.equal((await fetch(`${server.url}/health`).then((response) => response.json())).status, "unhealthy");
    const migrated = await runAudit(["migrate", "--app-role", "mcp_app"], owner);
    assert.equal(migrated.code, 0, migrated.stderr);
    assert.match(migrated.stdout, /^Applied 0001_audit_logs\nApplied 0002_chain_register\nApplied 0003_intents\n/);
    assert.match(migrated.stdout, /The role mcp_app can insert and read, and nothing else\n/);
    await server.printed("Connected to Postgres");
    await call(server, 3);
    await stop(server);
    assert(!server.output().includes("AUDIT_SIGNING_KEY is not set"));
    logs.push(server.output());
  });

  await t.step(
    "three at once, in both formats of the log: every record verifies against their checkpoints",
    async () => {
      const servers = await Promise.all(
        ["text", "json", "text"].map((LOG_FORMAT, i) =>
          startServer({ ...app, ...settings, LOG_FORMAT, REPLICA: `replica-${i}`, AUDIT_CHECKPOINT_SECONDS: "1" })
        ),
      );
      try {
        await Promise.all(servers.map((server) => call(server, CALLS)));
        await Promise.all(servers.map(stop));
      } finally {
        for (const server of servers) await server[Symbol.asyncDispose]();
      }
      logs.push(...servers.map((server) => server.output()));
      await Deno.writeTextFile(`${folder}/all.log`, logs.join(""));
      const { code, report } = await verify("--checkpoints", `${folder}/all.log`);
      assert.deepEqual(report.findings, []);
      assert.equal(code, 0);
      const { records, chains, unanchored, unclosed, checkpoints } = report;
      assert.deepEqual({ records, chains, unanchored, unclosed }, {
        records: 3 * CALLS + 3,
        chains: 4,
        unanchored: 0,
        unclosed: [],
      });
      assert(checkpoints >= 4);
    },
  );

  await t.step("a server that is killed leaves a chain without its closing, which is no tampering", async () => {
    await using server = await startServer({ ...app, ...settings });
    await call(server, 5);
    server.signal("SIGKILL");
    await server.status;
    const { code, report } = await verify("--checkpoints", `${folder}/all.log`);
    assert.equal(code, 0);
    assert.deepEqual([report.unclosed.length, report.unanchored, report.records], [1, 5, 3 * CALLS + 8]);
  });

  await t.step("a running server finds what is done to the log, says so in its log and in a metric", async () => {
    await using server = await startServer({ ...app, ...settings, AUDIT_VERIFY_SECONDS: "1" });
    await call(server, 2);
    await until(server, "mcp_audit_verified_records_total", (verified) => verified >= 3 * CALLS + 10);
    assert.equal(await metric(server, "mcp_audit_verification_failures"), 0);
    await postgres.psql(
      [
        "-c",
        "BEGIN; SET LOCAL session_replication_role = replica; UPDATE audit_logs SET principal = 'nobody' WHERE id = 7; COMMIT",
      ],
      ADMIN,
    );
    await until(server, "mcp_audit_verification_failures", (failures) => failures > 0);
    await server.printed(/ERROR: The audit log is not what was written.* kind="changed" .* id=7 /);
    assert(await metric(server, "mcp_audit_verification_last_success_timestamp_seconds") > 1.7e9);
  });

  await t.step("the verifier names it, and a chain that was removed with all that was said of it", async () => {
    const before = await verify("--checkpoints", `${folder}/all.log`);
    assert.equal(before.code, 1);
    assert.deepEqual(before.report.findings.map(({ kind, id }: { kind: string; id: number }) => [kind, id]), [[
      "changed",
      7,
    ]]);
    const chain =
      (await postgres.psql(["-Atc", "SELECT chain_id FROM audit_logs WHERE replica = 'replica-1' LIMIT 1"], ADMIN))
        .trim();
    const removals = ["audit_logs", "audit.chain_openings", "audit.chain_closings"].map((table) =>
      `DELETE FROM ${table} WHERE chain_id = '${chain}'`
    );
    await postgres.psql(
      ["-c", `BEGIN; SET LOCAL session_replication_role = replica; ${removals.join("; ")}; COMMIT`],
      ADMIN,
    );
    const { code, report } = await verify("--checkpoints", `${folder}/all.log`);
    assert.equal(code, 1);
    assert.deepEqual(
      report.findings.filter(({ chainId }: { chainId: string }) => chainId === chain).map(({ kind, seq }: {
        kind: string;
        seq: number;
      }) => [kind, seq]),
      [["missing", 1]],
    );
    const without = await verify();
    assert(!without.report.findings.some(({ chainId }: { chainId: string }) => chainId === chain));
  });

  await t.step("what cannot be reached could not be checked", async () => {
    await postgres.kill();
    const { code, stderr } = await runAudit(["verify"], auditor);
    assert.equal(code, 2);
    assert.match(stderr, /^ERROR: Postgres at 127\.0\.0\.1:\d+\/mcpaudit: /);
    await postgres.restart();
  });
});

Deno.test("a server on Postgres without a key says so when its chain begins, and its chain verifies by itself", async () => {
  await using postgres = await startPostgres();
  await using server = await startServer({ DATABASE_URL: postgres.url, AUDIT_OUTAGE: "refuse" });
  await server.printed("Connected to Postgres");
  assert(!server.output().includes("AUDIT_SIGNING_KEY"));
  await call(server, 1);
  await server.printed(
    /WARN: AUDIT_SIGNING_KEY is not set: the audit chain is signed with a key of this process alone.*\n.*Audit checkpoint/,
  );
  await stop(server);
  const { code, stdout } = await runAudit(["verify"], { DATABASE_URL: postgres.url });
  assert.equal(code, 0, stdout);
  assert.match(stdout, /Trusted keys: none given/);
});

Deno.test("an embedded log over two starts: two chains, both closed, both by the key that is kept beside it", async () => {
  const folder = await Deno.makeTempDir({ prefix: "audit-" });
  await using _ = { [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }) };
  const log = `${folder}/server.log`;
  for (let i = 0; i < 2; i++) {
    await using server = await startServer({ DATA_DIR: folder, LOG_FORMAT: i === 0 ? "text" : "json" });
    await call(server, 10);
    // A running server does not hold up who reads.
    const { code, stdout } = await runAudit(["verify", "--json"], { DATA_DIR: folder });
    assert.deepEqual([code, JSON.parse(stdout).unclosed.length], [0, 1]);
    await stop(server);
    await Deno.writeTextFile(log, server.output(), { append: true });
  }
  const { code, stdout } = await runAudit(["verify", "--json", "--checkpoints", log], { DATA_DIR: folder });
  assert.equal(code, 0, stdout);
  const { records, chains, unanchored, unclosed, trustedKeys } = JSON.parse(stdout);
  assert.deepEqual({ records, chains, unanchored, unclosed }, { records: 20, chains: 2, unanchored: 0, unclosed: [] });
  assert.equal(trustedKeys.length, 1);
});
