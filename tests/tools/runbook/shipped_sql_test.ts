import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { openRunbookLibrary } from "../../../tools/runbook/library.ts";
import { type PostgresService, startPostgres } from "../../services/postgres.ts";

const path = (relative: string) => fileURLToPath(new URL(`../../../${relative}`, import.meta.url));

const PSQL = /^kubectl exec -n mcp-lab postgres-mcp-0 -- psql -U aiagent -d mcpaudit -c "([^"]*)"$/;

async function statementsOf(id: string): Promise<string[]> {
  const { steps } = await openRunbookLibrary(path("runbooks")).read(id);
  return steps.flatMap(({ commands }) => commands).filter((command) => /\bpsql\b/.test(command)).map((command) => {
    const [, sql] = PSQL.exec(command) ?? [];
    assert(sql, `Expected ${PSQL}, but got ${command}`);
    return sql.replaceAll("<chain-id>", "a").replaceAll("<seq>", "2").replaceAll("<pid>", "2147483647");
  });
}

/** A record that takes part in a chain by `hash` and `prevHash`; the rest is filled up. */
function record(chain: string, seq: number, prevHash: string, hash: string): string {
  return `INSERT INTO audit_logs (event_id, timestamp, method, params, result, duration_ms, outcome, principal, auth_method,
    dialect, transport, params_sha256, result_sha256, result_bytes, result_tokens, replica, chain_id, seq, prev_hash, hash)
    VALUES (gen_random_uuid(), now() AT TIME ZONE 'UTC', 'ctx.get', '{}', '{}', 1, 'ok', 'default', 'none', 'house', 'websocket',
    '', '', 2, 1, 'r', '${chain}', ${seq}, '${prevHash}', '${hash}')`;
}

Deno.test("SQL of the shipped runbooks runs on the server's own tables", async (t) => {
  await using postgres = await startPostgres();
  await migrate(postgres);
  const ids = ["audit-chain-broken", "mcp-server-errors-high", "mcp-server-latency-high", "mcp-server-rate-limited"];
  for (const id of [...ids, "postgres-unavailable"]) {
    await t.step(id, async () => {
      const statements = await statementsOf(id);
      assert(statements.length > 0);
      for (const sql of statements) await postgres.psql(sql);
    });
  }

  await t.step("the query for broken links finds what is missing, changed or added, and nothing else", async () => {
    const query = (await statementsOf("audit-chain-broken")).find((sql) => sql.includes("prev_seq"));
    assert(query);
    const broken = async () =>
      (await postgres.psql(["-At", "-c", `SELECT chain_id, seq, linked FROM (${query.replace(/;$/, "")}) AS rows`]))
        .trim();
    const first = "0".repeat(64);
    const write = async (...records: readonly string[]) =>
      void await postgres.psql(records.flatMap((sql) => ["-c", sql]));
    await write(record("good", 1, first, "g1"), record("good", 2, "g1", "g2"), record("good", 3, "g2", "g3"));
    assert.equal(await broken(), "");
    await write(record("gap", 1, first, "a1"), record("gap", 3, "a2", "a3"));
    await write(record("headless", 2, "b1", "b2"));
    await write(record("changed", 1, first, "other"), record("changed", 2, "c1", "c2"));
    await write(record("added", 1, first, "d1"), record("added", 2, "d1", "d2"), record("added", 2, "d1", "forged"));
    assert.deepEqual((await broken()).split("\n"), ["gap|3|f", "headless|2|f", "changed|2|f", "added|2|f"]);
  });
});

async function migrate(postgres: PostgresService): Promise<void> {
  const folder = path("storage/postgres/migrations");
  for (const name of Array.from(Deno.readDirSync(folder), ({ name }) => name).sort()) {
    await postgres.psql(["-q", "-c", await Deno.readTextFile(`${folder}/${name}`)]);
  }
}
