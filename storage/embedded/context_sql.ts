/** Each write also removes so many expired entries at most: more than it adds, so that they never pile up. */
const REMOVED_MAX = 8;

/** Expired entries of a writer that make room for its next one at once, at most. */
const ROOM_MAX = 100;

/**
 * What each writer has, expired entries that are not removed yet included, is kept by triggers: no write has to count.
 * The value is a BLOB because Deno's binding cuts a TEXT at its first NUL.
 */
export const SCHEMA = `
BEGIN IMMEDIATE;
CREATE TABLE IF NOT EXISTS context (
  key TEXT NOT NULL PRIMARY KEY,
  value BLOB NOT NULL,
  version INTEGER NOT NULL,
  writer TEXT NOT NULL,
  written_at_ms INTEGER NOT NULL,
  expires_at_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS context_expiry ON context (expires_at_ms);
CREATE INDEX IF NOT EXISTS context_writer ON context (writer, expires_at_ms);
CREATE TABLE IF NOT EXISTS context_usage (
  writer TEXT NOT NULL PRIMARY KEY,
  keys INTEGER NOT NULL,
  bytes INTEGER NOT NULL
) STRICT;
CREATE TRIGGER IF NOT EXISTS context_added AFTER INSERT ON context BEGIN
  ${change("NEW", "+")}
END;
CREATE TRIGGER IF NOT EXISTS context_replaced AFTER UPDATE ON context BEGIN
  ${change("OLD", "-")}
  ${change("NEW", "+")}
END;
CREATE TRIGGER IF NOT EXISTS context_removed AFTER DELETE ON context BEGIN
  ${change("OLD", "-")}
END;
INSERT INTO context_usage
SELECT writer, count(*), sum(${bytesOf("context")}) FROM context
WHERE NOT EXISTS (SELECT * FROM context_usage)
GROUP BY writer;
COMMIT;
`;

/** What a writer has in the table. */
export const USAGE = "SELECT keys, bytes FROM context_usage WHERE writer = $writer";

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

/** Removes the entry of `$key` where `$expected` is NULL or its version, and gives that. */
export const DELETE = `
DELETE FROM context WHERE key = $key AND expires_at_ms > $now AND ($expected IS NULL OR $expected = version)
RETURNING version
`;

/**
 * At most `$max` keys of entries that live, of which `$prefix` is the beginning. No text has a byte 0xFF in it, so that
 * the two bounds hold what the index has to be read for.
 */
export const KEYS = `
SELECT key FROM context
WHERE key >= $prefix AND key < $prefix || CAST(x'FF' AS TEXT) AND expires_at_ms > $now
ORDER BY key LIMIT $max
`;

export const REMOVE_EXPIRED = `
DELETE FROM context WHERE key IN (
  SELECT key FROM context WHERE expires_at_ms <= $now ORDER BY expires_at_ms LIMIT ${REMOVED_MAX}
)
`;

export const MAKE_ROOM = `
DELETE FROM context WHERE key IN (
  SELECT key FROM context WHERE writer = $writer AND expires_at_ms <= $now ORDER BY expires_at_ms LIMIT ${ROOM_MAX}
)
`;

function bytesOf(row: string): string {
  return `length(CAST(${row}.key AS BLOB)) + length(${row}.value)`;
}

/** A writer without entries keeps no row. */
function change(row: "NEW" | "OLD", sign: "+" | "-"): string {
  return `
  INSERT INTO context_usage VALUES (${row}.writer, ${sign}1, ${sign}(${bytesOf(row)}))
  ON CONFLICT (writer) DO UPDATE SET keys = keys + excluded.keys, bytes = bytes + excluded.bytes;
  DELETE FROM context_usage WHERE writer = ${row}.writer AND keys = 0;`;
}
