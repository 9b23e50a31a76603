import type { AuditEntry } from "../audit_log.ts";

/** Longest name, id or other text but params and result, in UTF-16 units: an index of Postgres takes 2,704 bytes. */
export const NAME_CHARS_MAX = 512;

/** The last millisecond of the year 9999: beyond it a date has another form. */
const TIMESTAMP_MS_MAX = 253_402_300_799_999;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Whether the store can hold it as the id of an event. */
export function isEventId(text: string): boolean {
  return UUID.test(text);
}

/**
 * The entry as every store can hold it, to the letter, so that what is hashed is what is read again and no record can
 * fail the batch it is in: text without NUL and lone surrogates (each becomes U+FFFD), names of bounded length, finite
 * numbers. An entry that keeps `AuditEntry`'s promises comes back equal; this is the second lock, not the first.
 */
export function storable(entry: AuditEntry): AuditEntry {
  return {
    eventId: entry.eventId.toLowerCase(),
    timestampMs: Math.min(Math.max(whole(entry.timestampMs), 0), TIMESTAMP_MS_MAX),
    method: name(entry.method),
    toolName: optional(entry.toolName),
    principal: name(entry.principal),
    authMethod: name(entry.authMethod),
    dialect: name(entry.dialect),
    transport: name(entry.transport),
    clientName: optional(entry.clientName),
    clientVersion: optional(entry.clientVersion),
    clientAddress: optional(entry.clientAddress),
    session: optional(entry.session),
    requestId: optional(entry.requestId),
    traceId: optional(entry.traceId),
    params: clean(entry.params),
    paramsSha256: name(entry.paramsSha256),
    result: clean(entry.result),
    resultSha256: name(entry.resultSha256),
    resultBytes: whole(entry.resultBytes),
    resultTokens: whole(entry.resultTokens),
    outcome: entry.outcome,
    errorCode: entry.errorCode === undefined ? undefined : whole(entry.errorCode),
    // `+ 0` makes 0 of -0, which SQLite and JSON do not tell from it.
    durationMs: Number.isFinite(entry.durationMs) ? entry.durationMs + 0 : 0,
    replica: name(entry.replica),
  };
}

function optional(text: string | undefined): string | undefined {
  return text === undefined ? undefined : name(text);
}

/** A name, cut at its bound: the cut is marked, and may have split a pair. */
export function name(text: string): string {
  return clean(text.length <= NAME_CHARS_MAX ? text : `${text.slice(0, NAME_CHARS_MAX - 1)}…`);
}

function clean(text: string): string {
  return text.isWellFormed() && !text.includes("\0") ? text : text.toWellFormed().replaceAll("\0", "\uFFFD");
}

/** The nearest whole number that is exact both here and as Postgres' bigint. */
function whole(value: number): number {
  if (Number.isNaN(value)) return 0;
  return Math.min(Math.max(Math.round(value), Number.MIN_SAFE_INTEGER), Number.MAX_SAFE_INTEGER) + 0;
}
