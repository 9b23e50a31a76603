import type { PostgresService } from "../services/postgres.ts";
import { until } from "./until.ts";

/** Less than the servers' statements may wait. */
const HOLD_SECONDS = 2.5;

/** Lets inserts into the log wait for a while; resolves when they may go on. */
export async function holdInserts(postgres: PostgresService): Promise<void> {
  await postgres.psql(`BEGIN; LOCK TABLE audit_logs IN SHARE MODE; SELECT pg_sleep(${HOLD_SECONDS}); COMMIT`);
}

/** Waits until so many sessions have an insert that is held. @throws when they have not before it goes on */
export async function waitingForInserts(postgres: PostgresService, sessions: number): Promise<void> {
  const count = "SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted AND relation = 'audit_logs'::regclass";
  await until(HOLD_SECONDS * 1000, async () => {
    const waiting = Number(await postgres.psql(["-Atc", count]));
    return waiting >= sessions ? undefined : `${waiting} of ${sessions} servers have an insert that waits`;
  });
}
