/** What the server and the console's pages say to each other: types alone, so that no page loads this. */

/** JSON Schema of a tool's arguments, as far as it is looked at. */
export interface ArgumentSchema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly minItems?: number;
  readonly maxItems?: number;
}

/** A tool that the caller may call: `GET /dashboard/api/tools` lists them. */
export interface ConsoleTool {
  readonly name: string;
  readonly summary: string;
  readonly description: string;
  readonly effect: "read" | "own" | "outside";
  readonly parameters: Readonly<Record<string, ArgumentSchema>>;
  readonly required: readonly string[];
}

/** A call whose record is safe, as the stream tells it: what it was about is in its record. */
export interface CallRow {
  /** `event_id` of its record. */
  readonly id: string;
  /** When it came, in milliseconds since the epoch. */
  readonly timeMs: number;
  readonly principal: string;
  /** The tool, or the method where it called none. */
  readonly tool: string;
  readonly outcome: string;
  readonly durationMs: number;
  readonly replica: string;
}

/** What one replica did since it told the last time. */
export interface ReplicaNews {
  readonly replica: string;
  /** When it was told, in milliseconds since the epoch. */
  readonly timeMs: number;
  /** Oldest first. */
  readonly rows: readonly CallRow[];
  /** Calls that are in `outcomes` and `latencies`, and not in `rows`: there were too many. */
  readonly left: number;
  readonly outcomes: Readonly<Record<string, number>>;
  /** Calls by their duration: how many took up to the bound of the same index in `LATENCY_BOUNDS_MS`. */
  readonly latencies: readonly number[];
  /** What only those hear who may read the whole log. */
  readonly gauges?: ReplicaGauges;
}

/** What a replica is at, and what its limiter and caches did since it told the last time. */
export interface ReplicaGauges {
  readonly connections: number;
  readonly inFlight: number;
  readonly allowed: number;
  readonly limited: number;
  readonly cacheHits: number;
  readonly cacheMisses: number;
}
