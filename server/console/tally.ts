import { bucketOf, noLatencies } from "../../dashboard/client/watch/latency.ts";
import type { CallRow, ReplicaNews } from "../../dashboard/wire.ts";
import type { AuditEntry } from "../../storage/audit_log.ts";

/** Rows that are told of one replica at once, and their characters as JSON: a notice has a bound. */
const ROWS_MAX = 100;
const ROWS_CHARS_MAX = 48_000;

/** What a replica counts until it tells. */
export type Counted = "allowed" | "limited" | "cacheHits" | "cacheMisses";

/** Sums up calls for whoever watches. */
export class Tally {
  #rows: CallRow[] = [];
  #chars = 0;
  #left = 0;
  #outcomes: Record<string, number> = {};
  #latencies = noLatencies();
  #counted = { allowed: 0, limited: 0, cacheHits: 0, cacheMisses: 0 };

  get isEmpty(): boolean {
    return this.#rows.length === 0 && this.#left === 0;
  }

  add(entry: AuditEntry): void {
    const row = rowOf(entry);
    this.#outcomes[row.outcome] = (this.#outcomes[row.outcome] ?? 0) + 1;
    const bucket = bucketOf(row.durationMs);
    this.#latencies[bucket] = (this.#latencies[bucket] ?? 0) + 1;
    const chars = JSON.stringify(row).length;
    if (this.#rows.length >= ROWS_MAX || this.#chars + chars > ROWS_CHARS_MAX) {
      this.#left++;
      return;
    }
    this.#rows.push(row);
    this.#chars += chars;
  }

  count(what: Counted): void {
    this.#counted[what]++;
  }

  /** Gives all that was summed up, and begins anew. */
  take(
    replica: string,
    timeMs: number,
    now: { readonly connections: number; readonly inFlight: number },
  ): ReplicaNews {
    const news = {
      replica,
      timeMs,
      rows: this.#rows,
      left: this.#left,
      outcomes: this.#outcomes,
      latencies: this.#latencies,
      gauges: { ...now, ...this.#counted },
    };
    this.#rows = [];
    this.#chars = this.#left = 0;
    this.#outcomes = {};
    this.#latencies = noLatencies();
    this.#counted = { allowed: 0, limited: 0, cacheHits: 0, cacheMisses: 0 };
    return news;
  }
}

function rowOf(
  { eventId, timestampMs, principal, toolName, method, outcome, durationMs, replica }: AuditEntry,
): CallRow {
  return { id: eventId, timeMs: timestampMs, principal, tool: toolName ?? method, outcome, durationMs, replica };
}

/** What of a replica's news is of one principal's calls. */
export function ownNews({ replica, timeMs, rows }: ReplicaNews, principal: string): ReplicaNews {
  const own = rows.filter((row) => row.principal === principal);
  const outcomes: Record<string, number> = {};
  const latencies = noLatencies();
  for (const { outcome, durationMs } of own) {
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    const bucket = bucketOf(durationMs);
    latencies[bucket] = (latencies[bucket] ?? 0) + 1;
  }
  return { replica, timeMs, rows: own, left: 0, outcomes, latencies };
}
