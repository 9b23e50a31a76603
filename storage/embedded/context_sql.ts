/** Each write also removes so many expired entries at most: more than it adds, so that they never pile up. */
const REMOVED_MAX = 8;

/** The value is a BLOB because Deno's binding cuts a TEXT at its first NUL. */
export const SCHEMA = `
CREATE TABLE IF NOT EXISTS context (
  key TEXT NOT NULL PRIMARY KEY,
  value BLOB NOT NULL,
  version INTEGER NOT NULL,
  writer TEXT NOT NULL,
  written_at_ms INTEGER NOT NULL,
  expires_at_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS context_expiry ON context (expires_at_ms);
`;

/** The entry of `$key`, unless it has ended by `$now`. */
export const GET = `
SELECT value, version, writer, written_at_ms, expires_at_ms FROM context WHERE key = $key AND expires_at_ms > $now
`;

/**
 * Writes `$value` until `$end` and gives the new version; writes nothing and gives no row where `$expected` is neither
 * NULL nor the stored version. One statement, so that processes that share the file cannot come between the comparison
 * and the write.
 */
export const SET = `
INSERT INTO context (key, value, version, writer, written_at_ms, expires_at_ms)
SELECT $key, $value, 1, $writer, $now, $end
WHERE $expected IS NULL
   OR $expected = coalesce((SELECT version FROM context WHERE key = $key AND expires_at_ms > $now), 0)
ON CONFLICT (key) DO UPDATE SET
  value = excluded.value,
  version = CASE WHEN context.expires_at_ms > $now THEN context.version + 1 ELSE 1 END,
  writer = excluded.writer,
  written_at_ms = excluded.written_at_ms,
  expires_at_ms = excluded.expires_at_ms
RETURNING version
`;

export const REMOVE_EXPIRED = `
DELETE FROM context WHERE key IN (
  SELECT key FROM context WHERE expires_at_ms <= $now ORDER BY expires_at_ms LIMIT ${REMOVED_MAX}
)
`;
