import type { QueuedAuditLog } from "../storage/audit_log.ts";
import type { Clock } from "../storage/clock.ts";
import type { Lifecycle } from "./lifecycle.ts";

/** Records of calls that are begun and wait for the log: two writes, so that the store always has the next. */
const RECORDS_MAX = 1000;
/** A log that stays behind for longer keeps nothing waiting: it fills, and what finds no room in it is refused. */
const WAIT_MS_MAX = 5000;

export interface LagOptions {
  readonly audit: Pick<QueuedAuditLog, "state" | "unanswered">;
  readonly lifecycle: Pick<Lifecycle, "phase">;
  readonly clock: Pick<Clock, "elapsed">;
}

/**
 * Says whether the audit log is so far behind that a call which is begun now would only wait there, with all that it has
 * made: with thousands of those a call takes a third longer, and a log that fell behind for a moment does not catch up.
 * One that is away is not behind: who calls is told so.
 */
export function createLag({ audit, lifecycle, clock }: LagOptions): () => boolean {
  let sinceMs: number | undefined;
  return () => {
    if (audit.unanswered <= RECORDS_MAX || audit.state !== "ready" || lifecycle.phase === "draining") {
      sinceMs = undefined;
      return false;
    }
    const nowMs = clock.elapsed();
    sinceMs ??= nowMs;
    return nowMs - sinceMs < WAIT_MS_MAX;
  };
}
