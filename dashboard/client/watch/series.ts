import type { ReplicaGauges, ReplicaNews } from "../../wire.ts";
import type { Line } from "./chart.ts";
import { noLatencies, quantile } from "./latency.ts";

/** Seconds that the charts show. */
export const SECONDS = 120;
/** A latency is that of the calls of so many seconds: of a single one there are too few. */
const LATENCY_SECONDS = 5;
/** A replica that says nothing for so long is gone. */
const SILENT_SECONDS = 5;

/** Outcomes, as an operator looks at them. */
const GROUPS: Readonly<Record<string, readonly string[]>> = {
  ok: ["ok"],
  refused: ["denied", "rate_limited", "invalid"],
  failed: ["tool_error", "timeout", "internal", "cancelled"],
};
const COLOURS = ["--chart-1", "--chart-3", "--chart-2", "--chart-4", "--chart-5", "--chart-6"];

interface Second {
  readonly outcomes: Map<string, number>;
  readonly latencies: number[];
  allowed: number;
  limited: number;
  hits: number;
  misses: number;
  readonly connections: Map<string, number>;
}

/** What all replicas did, second by second. */
export class Series {
  readonly #seconds = new Map<number, Second>();
  readonly #lastHeard = new Map<string, { readonly second: number; readonly gauges: ReplicaGauges | undefined }>();

  /** @param second when the news came, in whole seconds of any clock */
  add({ replica, outcomes, latencies, gauges }: ReplicaNews, second: number): void {
    const now = this.#at(second);
    for (const [outcome, count] of Object.entries(outcomes)) {
      now.outcomes.set(outcome, (now.outcomes.get(outcome) ?? 0) + count);
    }
    latencies.forEach((count, i) => now.latencies[i] = (now.latencies[i] ?? 0) + count);
    this.#lastHeard.set(replica, { second, gauges });
    if (!gauges) return;
    now.allowed += gauges.allowed;
    now.limited += gauges.limited;
    now.hits += gauges.cacheHits;
    now.misses += gauges.cacheMisses;
    now.connections.set(replica, gauges.connections);
    for (const old of this.#seconds.keys()) if (old < second - SECONDS - LATENCY_SECONDS) this.#seconds.delete(old);
  }

  /** Replicas that were heard of a moment ago. */
  replicas(second: number): readonly string[] {
    return [...this.#lastHeard].filter(([, { second: heard }]) => second - heard <= SILENT_SECONDS)
      .map(([replica]) => replica).sort();
  }

  calls(second: number): readonly Line[] {
    return Object.entries(GROUPS).map(([name, outcomes], i) => ({
      name,
      colour: COLOURS[i] ?? "",
      values: this.#over(second, (at) => outcomes.reduce((sum, outcome) => sum + (at?.outcomes.get(outcome) ?? 0), 0)),
    }));
  }

  latency(second: number): readonly Line[] {
    const sums = this.#range(second).map((at) => {
      const sum = noLatencies();
      for (let ago = 0; ago < LATENCY_SECONDS; ago++) {
        this.#seconds.get(at - ago)?.latencies.forEach((count, i) => sum[i] = (sum[i] ?? 0) + count);
      }
      return sum;
    });
    return [["p50", 0.5, 0], ["p95", 0.95, 1], ["p99", 0.99, 2]].map(([name, share, colour]) => ({
      name: String(name),
      colour: COLOURS[Number(colour)] ?? "",
      values: sums.map((sum) => quantile(sum, Number(share))),
    }));
  }

  guards(second: number): readonly Line[] {
    const lines = [["limited", "limited", 2], ["hits", "hits", 0], ["misses", "misses", 3]] as const;
    return lines.map(([name, member, colour]) => ({
      name,
      colour: COLOURS[colour] ?? "",
      values: this.#over(second, (at) => at?.[member] ?? 0),
    }));
  }

  connections(second: number): readonly Line[] {
    return this.replicas(second).map((replica, i) => {
      let last: number | undefined;
      const values = this.#over(second, (at) => last = at?.connections.get(replica) ?? last);
      return { name: replica, colour: COLOURS[i % COLOURS.length] ?? "", values };
    });
  }

  #at(second: number): Second {
    const known = this.#seconds.get(second);
    if (known) return known;
    const made = {
      ...{ outcomes: new Map(), latencies: noLatencies(), connections: new Map() },
      ...{ allowed: 0, limited: 0, hits: 0, misses: 0 },
    };
    this.#seconds.set(second, made);
    return made;
  }

  /** The second that is under way is not over, and left out. */
  #range(second: number): readonly number[] {
    return Array.from({ length: SECONDS }, (_, i) => second - SECONDS + i);
  }

  #over<T>(second: number, read: (at: Second | undefined) => T): readonly T[] {
    return this.#range(second).map((at) => read(this.#seconds.get(at)));
  }
}
