import type { PostgresService } from "../services/postgres.ts";

const ANSWERS = "SELECT 1";

/** Starts Postgres anew where it gave up: it panics when it cannot write its own log. */
export async function revive(postgres: PostgresService): Promise<void> {
  try {
    await postgres.psql(ANSWERS);
  } catch {
    await postgres.kill();
    await postgres.restart();
  }
}
