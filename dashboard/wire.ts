/**
 * What the server and the console's pages say to each other: types alone, so that no page loads this. What travels over
 * the bus too is no interface, since those are not known to be JSON.
 */

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
export type CallRow = {
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
};

/** What the stream of calls begins with: `GET /dashboard/api/watch`, server-sent events, each a JSON text. */
export interface WatchHello {
  readonly kind: "hello";
  /** Whether calls of all principals follow, or the caller's own. */
  readonly all: boolean;
  /** Who answers; others are told of as `replica` of their news. */
  readonly replica: string;
}

/** What follows in it. */
export type WatchNews = ReplicaNews & { readonly kind: "news" };

/** A record of the audit log, as `POST /dashboard/api/records` gives it. */
export interface ConsoleRecord {
  readonly id: number;
  readonly eventId: string;
  readonly timeMs: number;
  readonly method: string;
  readonly tool: string | null;
  readonly principal: string;
  readonly outcome: string;
  readonly errorCode: number | null;
  readonly durationMs: number;
  readonly replica: string;
  /** JSON text, cut at a bound; shorter in a list than alone. */
  readonly params: string;
  /** What one record has beyond those of a list. */
  readonly whole?: Readonly<Record<string, string | number | null>>;
}

/** Where a reading of records goes on: `before` of the next question. */
export interface AuditNext {
  readonly id: number;
  readonly ms: number;
}

/** What `POST /dashboard/api/records` answers. */
export interface ConsoleRecords {
  readonly records: readonly ConsoleRecord[];
  readonly next: AuditNext | null;
  /** It took too long to look at more: behind `next` there may be more that fit. */
  readonly overdue: boolean;
}

/** A record verified in its place: `POST /dashboard/api/verify`. */
export interface RecordVerification {
  readonly intact: boolean;
  readonly place: Readonly<Record<"chain" | "hash" | "computed" | "prev_hash", string>> & { readonly seq: number };
  /** Sentences. */
  readonly checked: readonly string[];
  readonly not_proven: readonly string[];
  readonly findings: readonly {
    readonly kind: string;
    readonly seq: number | null;
    readonly event_id: string | null;
    readonly reason: string;
  }[];
}

/** What one replica did since it told the last time. */
export type ReplicaNews = {
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
};

/** What a replica is at, and what its limiter and caches did since it told the last time. */
export type ReplicaGauges = {
  readonly connections: number;
  readonly inFlight: number;
  readonly allowed: number;
  readonly limited: number;
  readonly cacheHits: number;
  readonly cacheMisses: number;
};

/** How the replica that answers is doing: `GET /dashboard/api/health`. */
export interface ConsoleHealth {
  readonly status: "healthy" | "degraded" | "unhealthy";
  readonly replica: string;
  /** `leaving` and `draining`: it stops. */
  readonly phase: "starting" | "serving" | "leaving" | "draining";
  readonly tools: number;
  /** What this place does not keep, a sentence each. */
  readonly warnings: readonly string[];
  readonly stores: Readonly<Record<"redis" | "postgres", "connected" | "embedded" | "disconnected">>;
  readonly audit: string;
  /** The systems behind the tools, those that the settings name. */
  readonly upstreams: readonly ConsoleUpstream[];
  /** What everybody's calls come to: only who may read the whole log is told. */
  readonly load?: {
    /** Tool calls under way. */
    readonly inFlight: number;
    readonly connections: number;
    /** Audit records that wait in memory, and those that wait in the spool for Postgres. */
    readonly queued: number;
    readonly spooled: number;
  };
  readonly versions: Readonly<Record<"server" | "deno" | "v8" | "typescript", string>>;
}

/** A system behind the tools, as the calls of it that this replica made tell: none are made to know it but now and then. */
export interface ConsoleUpstream {
  /** `kubernetes`, `prometheus`, `loki`; `kubernetes <name>` for each of several clusters. */
  readonly name: string;
  /** By the last call; `unasked`: there was none yet. */
  readonly state: "answering" | "failing" | "unasked";
  /** In a row. The rest is what only who may read the whole log is told. */
  readonly failures?: number;
  readonly okAgoMs?: number | undefined;
  readonly failedAgoMs?: number | undefined;
  /** Of the last answer. */
  readonly latencyMs?: number | undefined;
}
