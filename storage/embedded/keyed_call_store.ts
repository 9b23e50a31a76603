import type { DatabaseSync } from "node:sqlite";
import type { Clock } from "../clock.ts";
import type { KeyedCallStore } from "../keyed_call_store.ts";
import { attempt } from "./attempt.ts";

const SCHEMA = `
CREATE TABLE IF NOT EXISTS keyed_calls (
  sha256 TEXT NOT NULL PRIMARY KEY,
  entry TEXT NOT NULL,
  end_ms INTEGER NOT NULL
) STRICT`;

/**
 * Keyed calls in the embedded database: a restart forgets none, so that what ran before a crash does not run again. What
 * has ended is removed as further calls begin; limits on calls bound the rest. The database stays open.
 *
 * @throws {StorageError} when the table cannot be made
 */
export function createEmbeddedKeyedCallStore(database: DatabaseSync, clock: Pick<Clock, "now">): KeyedCallStore {
  const { put, find, replace, forget, clear } = attempt("open the keyed calls", () => {
    database.exec(SCHEMA);
    return {
      put: database.prepare("INSERT INTO keyed_calls VALUES ($sha256, $entry, $end) ON CONFLICT DO NOTHING"),
      find: database.prepare("SELECT entry FROM keyed_calls WHERE sha256 = $sha256 AND end_ms > $now"),
      replace: database.prepare(
        "INSERT INTO keyed_calls VALUES ($sha256, $entry, $end) ON CONFLICT DO UPDATE SET entry = $entry, end_ms = $end",
      ),
      forget: database.prepare("DELETE FROM keyed_calls WHERE sha256 = $sha256"),
      clear: database.prepare("DELETE FROM keyed_calls WHERE end_ms <= $now"),
    };
  });
  const entryOf = (sha256: string): string | undefined => {
    const row = find.get({ sha256, now: clock.now() });
    return row && String(row["entry"]);
  };
  const endOf = (ttlSeconds: number) => clock.now() + ttlSeconds * 1000;

  // Async, so that what is thrown rejects.
  return {
    // deno-lint-ignore require-await
    async begin(sha256, entry, ttlSeconds) {
      return attempt("begin a keyed call", () => {
        clear.run({ now: clock.now() });
        const { changes } = put.run({ sha256, entry, end: endOf(ttlSeconds) });
        return Number(changes) > 0 ? undefined : entryOf(sha256);
      });
    },
    // deno-lint-ignore require-await
    async get(sha256) {
      return attempt("find a keyed call", () => entryOf(sha256));
    },
    // deno-lint-ignore require-await
    async replace(sha256, entry, ttlSeconds) {
      attempt("keep a keyed call's answer", () => replace.run({ sha256, entry, end: endOf(ttlSeconds) }));
    },
    // deno-lint-ignore require-await
    async forget(sha256) {
      attempt("forget a keyed call", () => forget.run({ sha256 }));
    },
    async [Symbol.asyncDispose]() {},
  };
}
