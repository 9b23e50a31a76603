import type { AuditRecord, Outcome, StoredAuditRecord } from "../audit_log.ts";

/** A column of `audit_logs`. */
export interface Column {
  /** As in SQL. */
  readonly name: string;
  readonly type: "uuid" | "timestamp" | "text" | "integer" | "real";
  readonly optional?: true;
}

/** Every column but `id`, by the member of a record that it holds. */
const BY_MEMBER: { readonly [Member in keyof AuditRecord]: Column } = {
  eventId: { name: "event_id", type: "uuid" },
  timestampMs: { name: "timestamp", type: "timestamp" },
  method: { name: "method", type: "text" },
  toolName: { name: "tool_name", type: "text", optional: true },
  params: { name: "params", type: "text" },
  result: { name: "result", type: "text" },
  durationMs: { name: "duration_ms", type: "real" },
  outcome: { name: "outcome", type: "text" },
  errorCode: { name: "error_code", type: "integer", optional: true },
  principal: { name: "principal", type: "text" },
  authMethod: { name: "auth_method", type: "text" },
  dialect: { name: "dialect", type: "text" },
  transport: { name: "transport", type: "text" },
  clientName: { name: "client_name", type: "text", optional: true },
  clientVersion: { name: "client_version", type: "text", optional: true },
  clientAddress: { name: "client_address", type: "text", optional: true },
  session: { name: "session", type: "text", optional: true },
  requestId: { name: "request_id", type: "text", optional: true },
  traceId: { name: "trace_id", type: "text", optional: true },
  paramsSha256: { name: "params_sha256", type: "text" },
  resultSha256: { name: "result_sha256", type: "text" },
  resultBytes: { name: "result_bytes", type: "integer" },
  resultTokens: { name: "result_tokens", type: "integer" },
  replica: { name: "replica", type: "text" },
  chainId: { name: "chain_id", type: "text" },
  seq: { name: "seq", type: "integer" },
  prevHash: { name: "prev_hash", type: "text" },
  hash: { name: "hash", type: "text" },
};

/** Every column but `id`, in the order of the table, with the member of a record that it holds. */
export const COLUMNS = Object.entries(BY_MEMBER).map(([member, column]) => ({
  ...column,
  // Object.entries forgets the names of the keys.
  member: member as keyof AuditRecord,
}));

/** A record's value for a column. */
export function cellOf(
  record: AuditRecord,
  { member }: { readonly member: keyof AuditRecord },
): string | number | null {
  return member === "timestampMs" ? printTimestamp(record.timestampMs) : record[member] ?? null;
}

/** A time as the guide prints it: `2024-01-15 10:35:23.456`, UTC. */
export function printTimestamp(ms: number): string {
  return new Date(ms).toISOString().slice(0, -1).replace("T", " ");
}

/** The time behind its one form; NaN for every other, also for one that means a time: a record holds it to the letter. */
export function parseTimestamp(text: string): number {
  const ms = Date.parse(`${text.replace(" ", "T")}Z`);
  return Number.isFinite(ms) && printTimestamp(ms) === text ? ms : NaN;
}

/**
 * The record behind a row of `id` and every column by its name: the time as `printTimestamp` has it, whole numbers as
 * number, bigint or text.
 */
export function recordOf(row: Readonly<Record<string, unknown>>): StoredAuditRecord {
  const text = ({ name }: Column) => String(row[name]);
  const optionalText = (column: Column) => row[column.name] === null ? undefined : text(column);
  const number = ({ name }: Column) => Number(row[name]);
  const c = BY_MEMBER;
  return {
    id: Number(row["id"]),
    eventId: text(c.eventId),
    timestampMs: parseTimestamp(text(c.timestampMs)),
    method: text(c.method),
    toolName: optionalText(c.toolName),
    params: text(c.params),
    result: text(c.result),
    durationMs: number(c.durationMs),
    // A text column: what somebody put in by hand shows as it is, and the chain says that it was.
    outcome: text(c.outcome) as Outcome,
    errorCode: row[c.errorCode.name] === null ? undefined : number(c.errorCode),
    principal: text(c.principal),
    authMethod: text(c.authMethod),
    dialect: text(c.dialect),
    transport: text(c.transport),
    clientName: optionalText(c.clientName),
    clientVersion: optionalText(c.clientVersion),
    clientAddress: optionalText(c.clientAddress),
    session: optionalText(c.session),
    requestId: optionalText(c.requestId),
    traceId: optionalText(c.traceId),
    paramsSha256: text(c.paramsSha256),
    resultSha256: text(c.resultSha256),
    resultBytes: number(c.resultBytes),
    resultTokens: number(c.resultTokens),
    replica: text(c.replica),
    chainId: text(c.chainId),
    seq: number(c.seq),
    prevHash: text(c.prevHash),
    hash: text(c.hash),
  };
}
