import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { StorageError } from "../errors.ts";

/** The file's name in its folder. */
export const DATABASE_FILE = "mcp.db";

/**
 * Opens (and makes, where there is none) the embedded database, one file for context and audit log.
 *
 * WAL with `synchronous=NORMAL`: a committed write survives the kill of any process; a power loss may take the last
 * few. Several processes may share the file; one that finds it locked waits up to 5 s.
 *
 * @param dataDir the folder of `mcp.db`; `:memory:` keeps everything in this process
 * @throws {StorageError} when the folder or the file cannot be written.
 */
export function openDatabase(dataDir: string): DatabaseSync {
  try {
    if (dataDir !== ":memory:") mkdirSync(dataDir, { recursive: true });
    const database = new DatabaseSync(dataDir === ":memory:" ? dataDir : join(dataDir, DATABASE_FILE));
    database.exec(
      "PRAGMA busy_timeout=5000; PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON",
    );
    return database;
  } catch (cause) {
    throw new StorageError(`Cannot write the embedded database in DATA_DIR ${JSON.stringify(dataDir)}`, { cause });
  }
}
