import type { AuditNotices } from "../storage/open.ts";
import { CHECKPOINT_MESSAGE, checkpointFields } from "../storage/audit/checkpoint.ts";
import type { OnStoreState } from "../storage/state.ts";
import { builtInRedactor, type Redactor } from "../tools/redact.ts";

const LEVELS = ["debug", "info", "warn", "error"] as const;

export type LogLevel = typeof LEVELS[number];

/** What a line says beside its message. */
export type LogFields = Readonly<Record<string, unknown>>;

/** The server's log; every line is redacted. */
export type Log = Readonly<Record<LogLevel, (message: string, fields?: LogFields) => void>>;

export interface LogOptions {
  readonly level: LogLevel;
  /** `text`: `INFO: message key=value`, as the guide prints it. `json`: one object a line. */
  readonly format: "text" | "json";
  /** Takes a line without its end. */
  readonly write: (line: string) => void;
  readonly now: () => number;
  /** The built-in one where left out. */
  readonly redactor?: Redactor;
}

/** Builds a log. */
export function createLog({ level, format, write, now, redactor = builtInRedactor }: LogOptions): Log {
  const { redact, redactText } = redactor;
  const least = LEVELS.indexOf(level);
  const line = (of: LogLevel) => (message: string, fields: LogFields = {}) => {
    if (LEVELS.indexOf(of) < least) return;
    const safe = redact(printable(fields));
    if (format === "json") {
      const head = { time: new Date(now()).toISOString(), level: of, message: redactText(message) };
      // Once for the order, once so that no field takes its place.
      write(JSON.stringify({ ...head, ...safe, ...head }));
      return;
    }
    const words = Object.entries(safe).map(([name, value]) => ` ${name}=${JSON.stringify(value)}`);
    // A line is one line, whatever a peer's text holds.
    write(`${of.toUpperCase()}: ${redactText(message).replaceAll(/[\r\n]+/g, " ")}${words.join("")}`);
  };
  return { debug: line("debug"), info: line("info"), warn: line("warn"), error: line("error") };
}

/** Fields as plain values: anything may have been thrown, and telling of it must not throw again. */
function printable(fields: LogFields): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined).map(([name, value]) => [name, plain(value)]),
  );
}

function plain(value: unknown): unknown {
  if (value === null || ["string", "number", "boolean"].includes(typeof value)) return value;
  try {
    return value instanceof Error ? describeError(value) : Deno.inspect(value);
  } catch {
    return "something that cannot be printed";
  }
}

/** An error's name, message, stack and what caused it. An error may be its own cause: the levels are bounded. */
function describeError(error: Error, levels = 4): string {
  const causes = [error.cause, ...(error instanceof AggregateError ? error.errors.slice(0, levels) : [])]
    .filter((cause) => cause instanceof Error)
    .map((cause) => `; caused by ${levels > 0 ? describeError(cause, levels - 1) : "more"}`);
  return `${error.stack ?? `${error.name}: ${error.message}`}${causes.join("")}`;
}

/**
 * Says what becomes of the audit log.
 *
 * @param evidence takes checkpoints, whatever the level of the log: a verifier reads them back from its lines. They are
 * digests and signatures of our own, which no operator's pattern may spoil: its redactor is the built-in one
 */
export function auditLogger(log: Log, evidence: Pick<Log, "info">): AuditNotices {
  return {
    onCheckpoint: (checkpoint) => evidence.info(CHECKPOINT_MESSAGE, checkpointFields(checkpoint)),
    onPassingKey: (publicKey) =>
      log.warn("AUDIT_SIGNING_KEY is not set: the audit chain is signed with a key of this process alone", {
        public_key: publicKey,
      }),
    onFindings: ([first, ...others]) => {
      if (!first) return;
      const { kind, chainId: chain, seq, id, eventId: event, reason } = first;
      const fields = { kind, chain, seq, id, event, reason, further: others.length };
      log.error("The audit log is not what was written: see docs/audit.md", fields);
    },
    onUnreadable: (error) => log.warn("The audit log could not be verified", { error }),
    onUnclosed: (error) => log.warn("The audit chain could not be closed: it ends as after a crash", { error }),
    onOutage: (error) => log.error("Audit records cannot be written; retrying", { error }),
    onRecovery: () => log.info("Audit records are written again"),
    onSpoolCheck: (objection) => {
      if (objection) log.warn(`Redis cannot keep audit records while Postgres is away: ${objection}`);
    },
    onDrained: (records) => log.info(`Moved ${records} spooled audit records to Postgres`),
    onRejected: (names) => log.error("The audit spool held what is no record; it is put aside", { names }),
  };
}

/** Says what becomes of a store, in the guide's words: `Connected to Redis: redis-mcp:6379`. */
export function storeStateLogger(log: Log, name: string): OnStoreState {
  return (state, { address, reason }) => {
    if (state === "connected") log.info(`Connected to ${name}: ${address}`);
    else log.warn(`Not connected to ${name}: ${address}`, { reason });
  };
}
