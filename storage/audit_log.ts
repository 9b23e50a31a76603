import type { ChainOpening } from "./chain_register.ts";

/** How a call ended. */
export const OUTCOME_WORDS = [
  "ok",
  "tool_error",
  "invalid",
  "denied",
  "rate_limited",
  "timeout",
  "cancelled",
  "internal",
] as const;

export type Outcome = typeof OUTCOME_WORDS[number];

/** What is known of a call once it has ended: redacted and capped already. Text is well-formed and holds no NUL. */
export interface AuditEntry {
  /** UUIDv7: makes a retried insert harmless. */
  readonly eventId: string;
  /** When the call came, in milliseconds since the epoch. */
  readonly timestampMs: number;
  /** The method as it came: `mcp.tools.call`, `ctx.get`, `POST /test/ctx`, … */
  readonly method: string;
  /** `undefined` for the method `mcp.tools.list`. */
  readonly toolName: string | undefined;
  readonly principal: string;
  /** `none`, `token` or `oidc`. */
  readonly authMethod: string;
  readonly dialect: string;
  readonly transport: string;
  readonly clientName: string | undefined;
  readonly clientVersion: string | undefined;
  /** The peer's address, without its port. */
  readonly clientAddress: string | undefined;
  /** The connection or session that the call came over. */
  readonly session: string | undefined;
  /** The JSON-RPC id as JSON text. */
  readonly requestId: string | undefined;
  readonly traceId: string | undefined;
  /** Redacted arguments as JSON text, cut at a bound (then no longer JSON). */
  readonly params: string;
  /** SHA-256 of the redacted arguments, uncut, in hex. */
  readonly paramsSha256: string;
  /** Redacted result, or `{"error": …}`, as JSON text, cut at a bound. */
  readonly result: string;
  /** SHA-256 of the redacted result, uncut, in hex. */
  readonly resultSha256: string;
  /** Size of the result as it was sent, in bytes; 0 for a refusal. */
  readonly resultBytes: number;
  /** Estimated tokens of the result as it was sent. */
  readonly resultTokens: number;
  readonly outcome: Outcome;
  /** The JSON-RPC code that was answered; `undefined` for `ok`. */
  readonly errorCode: number | undefined;
  /** Milliseconds, rounded to a thousandth. */
  readonly durationMs: number;
  readonly replica: string;
}

/** An entry in its place in a chain: each record's hash covers its predecessor's. */
export interface AuditRecord extends AuditEntry {
  /** The replica incarnation that wrote it. */
  readonly chainId: string;
  /** 1, 2, 3, … without gaps within a chain. */
  readonly seq: number;
  /** `hash` of the record before; 64 zeros for a chain's first. */
  readonly prevHash: string;
  /** SHA-256 over every other column but `id`, in hex: `hashRecord`. */
  readonly hash: string;
}

/** A record on its way to a store. */
export interface SealedRecord extends AuditRecord {
  /** With a chain's first record goes what opens the chain: whatever store takes the one takes the other. */
  readonly opening?: ChainOpening | undefined;
}

/** A record with its place in the log. */
export interface StoredAuditRecord extends AuditRecord {
  readonly id: number;
}

/** Which records; newest first. Every member narrows. */
export interface AuditQuery {
  /** At most so many; 1 to 1000. */
  readonly limit: number;
  /** Only records with a smaller id: the last id of the page before. */
  readonly beforeId?: number | undefined;
  /** The record of one call. */
  readonly eventId?: string | undefined;
  readonly toolName?: string | undefined;
  readonly principal?: string | undefined;
  readonly outcome?: Outcome | undefined;
  /** What params or result hold, in any letter case. Records are read one after the other for it: narrow it by time. */
  readonly text?: string | undefined;
  /** Milliseconds since the epoch, inclusive. */
  readonly fromMs?: number | undefined;
  /** Milliseconds since the epoch, exclusive. */
  readonly toMs?: number | undefined;
}

/** Where a reading of the log goes on: behind the record of that id, or behind that time, as the reading is in order of. */
export interface AuditPlace {
  readonly id: number;
  /** Milliseconds since the epoch. */
  readonly timeMs: number;
}

/**
 * Which records, newest first, however many have to be looked at: by time where it is narrowed by time, else by id.
 */
export interface AuditScanQuery extends Omit<AuditQuery, "beforeId" | "eventId"> {
  /** `next` of the part before. */
  readonly after?: AuditPlace | undefined;
  /** Milliseconds after which it stops with what it has. */
  readonly budgetMs: number;
  /** @throws its reason, between two steps */
  readonly signal?: AbortSignal | undefined;
}

/** A part of what a scan finds. */
export interface AuditScan {
  readonly records: readonly StoredAuditRecord[];
  /** Where the rest begins; `undefined` where all was looked at. */
  readonly next: AuditPlace | undefined;
  /** Whether it stopped because its time was over, with fewer records than were asked for. */
  readonly isOverdue: boolean;
}

/** Which records are summed up. */
export interface AuditSumQuery {
  readonly principal?: string | undefined;
  /** Milliseconds since the epoch, inclusive. */
  readonly fromMs: number;
  /** Milliseconds since the epoch, exclusive. */
  readonly toMs?: number | undefined;
}

/** The calls of one tool that ended in one way. */
export interface AuditSum {
  /** `undefined` for calls of `mcp.tools.list`, and of tools that there are not. */
  readonly toolName: string | undefined;
  readonly outcome: Outcome;
  readonly calls: number;
  /** Estimated tokens of the results. */
  readonly tokens: number;
  /** Milliseconds, of the mean call. */
  readonly meanMs: number;
  /** Milliseconds, of the slowest call. */
  readonly maxMs: number;
}

/** The log as the call path sees it. */
export interface AuditLog extends AsyncDisposable {
  /** Whether a record appended now can be expected to be kept; a call is refused before it runs where not. */
  readonly state: AuditState;
  /** Records that it would take now; those of calls that run already will be among them. */
  readonly room: number;
  /**
   * Resolves once the record is durable.
   * @throws {StorageError} when it is not durable by the deadline; it is still retried, and may yet be.
   */
  append(entry: AuditEntry): Promise<void>;
  /** @throws {StorageError} when the store is away or too slow. */
  query(query: AuditQuery): Promise<readonly StoredAuditRecord[]>;
  /** @throws {StorageError} when the store is away or too slow. */
  scan(query: AuditScanQuery): Promise<AuditScan>;
  /** Sums by tool and outcome, the most calls first. @throws {StorageError} when the store is away or too slow. */
  sums(query: AuditSumQuery): Promise<readonly AuditSum[]>;
}

/** A log whose records wait to be written in this process. */
export interface QueuedAuditLog extends AuditLog {
  /** Records that are not durable yet. */
  readonly queued: number;
  /** Those, and the durable ones whose `append` has yet to say so. */
  readonly unanswered: number;
}

/**
 * `ready`: go on. `spooling`: the log's own store is away, and records wait in a second one. `full`: the queue is at its
 * bound. `away`: every store is, or a write failed and is being retried.
 */
export type AuditState = "ready" | "spooling" | "full" | "away";

/** Where records are kept. One write is one transaction; writing a batch again changes nothing. */
export interface AuditStore extends AsyncDisposable {
  /** False while the store is known to be away, so that nothing is begun that could not be recorded. */
  readonly available: boolean;
  /** True while records go to a second store, since the first is away. */
  readonly spooling?: boolean;
  /**
   * Resolves once every record of the batch is durable, in the order of the batch, and so are the openings that they
   * carry; it never takes for ever.
   * @throws {StorageError} when the batch may not be durable.
   */
  write(batch: readonly SealedRecord[]): Promise<void>;
  /** @throws {StorageError} when the store is away or too slow. */
  query(query: AuditQuery): Promise<readonly StoredAuditRecord[]>;
  /** @throws {StorageError} when the store is away or too slow. */
  scan(query: AuditScanQuery): Promise<AuditScan>;
  /** @throws {StorageError} when the store is away or too slow. */
  sums(query: AuditSumQuery): Promise<readonly AuditSum[]>;
}
