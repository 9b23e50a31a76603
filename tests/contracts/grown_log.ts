/** One of so many records has the tool and the principal that are rare. */
export const RARE_EVERY = 500;

/**
 * SQL that puts rows into the log in Postgres as if it had grown for a while, one a second from 2026 on; their chain is
 * not meant to hold.
 */
export function growLog(rows: number): string {
  return `INSERT INTO audit_logs (event_id, "timestamp", method, tool_name, params, result, duration_ms, outcome,
  principal, auth_method, dialect, transport, params_sha256, result_sha256, result_bytes, result_tokens, replica, chain_id,
  seq, prev_hash, hash)
SELECT gen_random_uuid(), timestamp '2026-01-01' + i * interval '1 second', 'mcp.tools.call',
  CASE WHEN i % ${RARE_EVERY} = 0 THEN 'k8s.scale' ELSE 'ctx.get' END, '{"key":"k' || i || '"}', repeat('x', 500), 1,
  CASE WHEN i % 50 = 0 THEN 'denied' ELSE 'ok' END, CASE WHEN i % ${RARE_EVERY} = 0 THEN 'alice' ELSE 'bob' END,
  'none', 'house', 'http', 'a', 'b', 1, 1, 'r', 'c', i, 'p', 'h'
FROM generate_series(1, ${rows}) AS i`;
}
