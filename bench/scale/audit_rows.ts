import type { PostgresService } from "../../tests/services/postgres.ts";

/** Rows that one statement writes. */
const STEP = 500_000;
/** What other work leaves to be written at any time. */
const DIRTY_KIB_MAX = 65_536;
const SETTLE_MS = 120_000;

/**
 * Fills the log by SQL, in the real schema and with rows of the size of a `ctx.get`. They are no chain: nothing but the
 * time that the log takes to be written and read is meant by them.
 */
export async function addRows(postgres: PostgresService, rows: number) {
  const digest = (text: string) => `encode(sha256(convert_to(${text}, 'UTF8')), 'hex')`;
  for (let at = 1; at <= rows; at += STEP) {
    const to = Math.min(rows, at + STEP - 1);
    await postgres.psql(
      `INSERT INTO public.audit_logs (event_id, "timestamp", method, tool_name, params, result, duration_ms, outcome,
         principal, auth_method, dialect, transport, client_address, request_id, trace_id, params_sha256, result_sha256,
         result_bytes, result_tokens, replica, chain_id, seq, prev_hash, hash)
       SELECT gen_random_uuid(), timestamp '2026-01-01' + i * interval '1 second', tool, tool, '{"key":"key-' || i || '"}',
         '{"key":"key-' || i || '","value":"lorem ipsum dolor sit amet"}', 1.5, 'ok', 'default', 'none', 'house', 'websocket',
         '10.0.0.1', i::text, md5(i::text), ${digest("'p' || i")}, ${
        digest("'r' || i")
      }, 60, 15, 'replica-1', 'bench', i,
         ${digest("(i - 1)::text")}, ${digest("i::text")}
       FROM (SELECT i, (ARRAY['ctx.get', 'ctx.set', 'k8s.list_pods', 'logs.search'])[1 + i % 4] AS tool
         FROM generate_series(${at}, ${to}) AS i) AS made`,
    );
  }
  await postgres.psql(["-c", "VACUUM ANALYZE public.audit_logs", "-c", "CHECKPOINT"], { user: "postgres" });
  await diskSettled();
  const read = async (sql: string) => Number((await postgres.psql(["-At", "-c", sql])).trim());
  const table = await read("SELECT pg_table_size('public.audit_logs')");
  const indexes = await read("SELECT pg_indexes_size('public.audit_logs')");
  return { "table, bytes a row": table / rows, "indexes, bytes a row": indexes / rows };
}

/** What was filled in is still on its way to the disk, and a commit waits behind it. @throws after two minutes */
async function diskSettled(): Promise<void> {
  const endMs = performance.now() + SETTLE_MS;
  while (performance.now() < endMs) {
    const [, kib] = /^Dirty:\s+(\d+)/m.exec(await Deno.readTextFile("/proc/meminfo")) ?? [];
    if (Number(kib) < DIRTY_KIB_MAX) return;
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
  throw new Error("The disk is still written to after two minutes");
}
