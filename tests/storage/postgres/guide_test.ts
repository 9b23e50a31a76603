import assert from "node:assert/strict";
import { createChain } from "../../../storage/audit/chain.ts";
import { createPostgresAuditStore } from "../../../storage/postgres/audit_store.ts";
import { entryWith } from "../../contracts/audit_entries.ts";
import { startPostgres } from "../../services/postgres.ts";
import { observe } from "./subject.ts";

/** The calls that the guide's prints show, oldest first. */
const CALLS = [
  ["mcp.tools.list", undefined, "2024-01-15T10:35:00.123Z"],
  ["mcp.tools.list", undefined, "2024-01-15T10:35:05.678Z"],
  ["mcp.tools.call", "ctx.set", "2024-01-15T10:35:10.123Z"],
  ["mcp.tools.call", "ctx.get", "2024-01-15T10:35:15.234Z"],
  ["mcp.tools.call", "k8s.list_pods", "2024-01-15T10:35:23.456Z"],
] as const;

Deno.test("the guide's psql commands print what the guide prints", async (t) => {
  await using service = await startPostgres();
  const observed = observe(service.url);
  await using store = createPostgresAuditStore(observed.connection);
  await observed.told("connected");

  await t.step("step 6: \\dt shows one table, before the first call", async () => {
    const rows = (await service.psql("\\dt")).split("\n").filter((line) => line.startsWith(" public"));
    assert.deepEqual(rows.map((row) => row.replace(/\s+/g, " ").trim()), ["public | audit_logs | table | aiagent"]);
  });

  await store.write(
    createChain("one").seal(
      CALLS.map(([method, toolName, at]) => entryWith({ method, toolName, timestampMs: Date.parse(at) })),
    ),
  );

  await t.step("step 15: the newest calls", async () => {
    const sql = "SELECT id, method, timestamp FROM audit_logs ORDER BY timestamp DESC LIMIT 10;";
    assert.equal(
      await service.psql(sql),
      ` id |     method     |        timestamp        
----+----------------+-------------------------
  5 | mcp.tools.call | 2024-01-15 10:35:23.456
  4 | mcp.tools.call | 2024-01-15 10:35:15.234
  3 | mcp.tools.call | 2024-01-15 10:35:10.123
  2 | mcp.tools.list | 2024-01-15 10:35:05.678
  1 | mcp.tools.list | 2024-01-15 10:35:00.123
(5 rows)

`,
    );
  });

  await t.step("step 15: one call in full", async () => {
    const printed = await service.psql(["-x", "-c", "SELECT * FROM audit_logs WHERE id = 1;"]);
    for (const column of ["method", "params", "result", "duration_ms"]) {
      assert.match(printed, new RegExp(`^${column} +\\| \\S`, "m"));
    }
    assert.match(printed, /^tool_name +\| $/m);
  });

  await t.step("step 15: calls by tool", async () => {
    const sql = `SELECT method, tool_name, COUNT(*) as calls 
   FROM audit_logs 
   GROUP BY method, tool_name;`;
    const rows = (await service.psql(["-At", "-P", "null=NULL", "-c", sql])).trim().split("\n");
    assert.deepEqual(rows.sort(), [
      "mcp.tools.call|ctx.get|1",
      "mcp.tools.call|ctx.set|1",
      "mcp.tools.call|k8s.list_pods|1",
      "mcp.tools.list|NULL|2",
    ]);
  });

  await t.step("test 3: calls of one tool", async () => {
    const sql = "SELECT COUNT(*) FROM audit_logs WHERE tool_name = 'k8s.list_pods';";
    assert.equal(await service.psql(sql), " count \n-------\n     1\n(1 row)\n\n");
  });

  await t.step("troubleshooting: SELECT 1", async () => {
    assert.equal(await service.psql("SELECT 1;"), " ?column? \n----------\n        1\n(1 row)\n\n");
  });
});
