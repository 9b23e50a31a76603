import assert from "node:assert/strict";
import { bareEnvironment, ROOT, SERVER_FLAGS } from "../services/server.ts";
import { call, callAll } from "./caller.ts";
import type { World } from "./world.ts";

const RECOVERY_MS_MAX = 30_000;

/** With Postgres away records wait in Redis: what is there is redacted too. */
export async function callInAnOutage({ planted, server, socket, redisCli, postgres, sinks }: World): Promise<void> {
  await postgres.kill();
  const messages = planted.flatMap(({ carrier, text }, n) => [
    call("a call in an outage", "mcp.tools.list", { carrier }),
    call("a call in an outage", "runbook.preview", { runbook_id: text }),
    call("a call in an outage", "ctx.get", { key: `k${n}` }),
  ]);
  await callAll(socket, sinks, messages);
  sinks.add("audit:spool", await redisCli("XRANGE", "audit:spool", "-", "+"));
  await postgres.restart();
  await until("the spool is drained", async () => (await redisCli("XLEN", "audit:spool")) === "0");
  await until("the server is healthy", async () => {
    const { status } = await (await fetch(`${server.url}/health`)).json();
    return status === "healthy";
  });
  sinks.add("rejected:{audit:spool}", await redisCli("XRANGE", "rejected:{audit:spool}", "-", "+"));
}

async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + RECOVERY_MS_MAX;
  while (!await isSo()) {
    assert(performance.now() < deadline, `${what} after ${RECOVERY_MS_MAX} ms`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** What auditors take out of the log. */
export async function exportAudit({ planted, postgres, sinks }: World): Promise<void> {
  const typed = planted.map(({ text }) => text);
  for (const args of [["export", "--format", "jsonl"], ["export", "--format", "csv"], ["verify"], typed]) {
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", ...SERVER_FLAGS, `${ROOT}scripts/audit.ts`, ...args],
      env: { ...bareEnvironment(), DATABASE_URL: postgres.url },
      clearEnv: true,
      cwd: ROOT,
    }).output();
    const what = args === typed ? "audit of what it does not know" : `audit ${args.join(" ")}`;
    for (const output of [stdout, stderr]) sinks.add(what, new TextDecoder().decode(output));
  }
}

/** Every column of every table, and the whole output. */
export async function readLeft({ planted, server, postgres, sinks }: World): Promise<void> {
  const query = async (sql: string) => await postgres.psql(["-At", "-c", sql]);
  const tables = await query(
    "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname IN ('public', 'audit')",
  );
  for (const table of tables.trim().split("\n")) {
    sinks.add(table, await query(`SELECT row_to_json(record) FROM ${table} record`));
  }
  const records = sinks.textOf("public.audit_logs").split("\n").length;
  assert(records > 40 * planted.length, `${records} records`);
  sinks.add("the server's output", server.output());
  sinks.add("the log of Postgres", postgres.output());
}
