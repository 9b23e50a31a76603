/**
 * Leaves Deno's caches as a read-only file system needs them: SQLite opens a database in WAL mode there only where its
 * -wal and -shm files exist, and an orderly close removes them. So this program ends by killing itself.
 */
import { DatabaseSync } from "node:sqlite";

const [folder] = Deno.args;
// Held open to the end.
const databases: DatabaseSync[] = [];
for (const name of ["v8_code_cache_v2", "dep_analysis_cache_v2", "node_analysis_cache_v2"]) {
  const database = new DatabaseSync(`${folder}/${name}`);
  database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  databases.push(database);
}
Deno.kill(Deno.pid, "SIGKILL");
