import { hash } from "node:crypto";
import type { AuditEntry, Outcome } from "../storage/audit_log.ts";
import type { Clock, Ids } from "../storage/clock.ts";
import type { AuditIntent } from "../storage/intent_log.ts";
import type { CallContext } from "./call_context.ts";
import type { ToolErrorKind } from "./error.ts";
import type { Redactor } from "./redact.ts";

/** Characters of params and of result that are kept; the digest covers the whole. */
const KEPT_CHARS_MAX = 16_384;
/** Characters of any name that a peer chooses. */
const NAME_CHARS_MAX = 128;
/** A name that is longer is none: it is told by its length, and not looked through. */
const LOOKED_CHARS_MAX = 4096;
/** Names that are remembered as they are recorded: a connection's calls all come with the same. */
const NAMES_MAX = 1000;
/** Texts whose digests are remembered: who asks the same again comes with the same arguments, and often gets the same. */
const DIGESTS_MAX = 1000;
const DIGESTED_CHARS_MAX = 512;
const TRACE_ID = /^[\da-f]{32}$/;

/** What a record needs to know of the call's end. Params and result are redacted JSON text. */
export interface CallEnd {
  readonly toolName: string | undefined;
  readonly params: string;
  readonly result: string;
  readonly resultBytes: number;
  readonly resultTokens: number;
  readonly outcome: Outcome;
  readonly errorCode: number | undefined;
}

/** A record that waits for its call's end. */
export interface OpenRecord {
  readonly eventId: string;
  /** What the call is about to change elsewhere. @param params redacted JSON text */
  intent(toolName: string, params: string): AuditIntent;
  close(end: CallEnd): AuditEntry;
}

/** Opens the record of a call: who, what, when, from where, over which dialect. */
export type OpenRecordOf = (method: string, context: CallContext) => OpenRecord;

export function createRecords({ clock, ids, replica, redactor }: {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly replica: string;
  readonly redactor: Redactor;
}): OpenRecordOf {
  const names = new Map<string, string>();
  const sha256 = createDigests();

  /** What a peer says of itself and of its call may hold secrets too; half of one, as a cut leaves, has no looks. */
  function told(text: string | undefined): string | undefined {
    if (text === undefined) return undefined;
    const known = names.get(text);
    if (known !== undefined) return known;
    const safe = name(redactName(text, redactor));
    if (text.length <= NAME_CHARS_MAX) {
      if (names.size === NAMES_MAX) names.clear();
      names.set(text, safe);
    }
    return safe;
  }

  return (method, context) => {
    const timestampMs = clock.now();
    const startedMs = clock.elapsed();
    const eventId = ids.uuid();
    return {
      eventId,
      intent: (toolName, params) => ({
        eventId,
        atMs: clock.now(),
        toolName,
        principal: name(context.principal.name),
        params: kept(params),
        paramsSha256: sha256(params),
        replica,
      }),
      close: (end) => ({
        eventId,
        timestampMs,
        method: name(method),
        toolName: told(end.toolName),
        principal: name(context.principal.name),
        authMethod: context.principal.authMethod,
        dialect: context.dialect,
        transport: context.transport,
        clientName: told(context.client.name),
        clientVersion: told(context.client.version),
        clientAddress: optionalName(context.client.address),
        session: told(context.session),
        requestId: printId(context.requestId, redactor),
        // Each call has another: what is one is not looked through, nor remembered.
        traceId: TRACE_ID.test(context.traceId) ? context.traceId : told(context.traceId),
        params: kept(end.params),
        paramsSha256: sha256(end.params),
        result: kept(end.result),
        resultSha256: sha256(end.result),
        resultBytes: end.resultBytes,
        resultTokens: end.resultTokens,
        outcome: end.outcome,
        errorCode: end.errorCode,
        durationMs: Math.round((clock.elapsed() - startedMs) * 1000) / 1000,
        replica,
      }),
    };
  };
}

function printId(id: CallContext["requestId"], redactor: Redactor): string {
  if (typeof id === "number" || id === null) return String(id);
  return name(JSON.stringify(typeof id === "string" ? redactName(id, redactor) : redactor.redact(id)));
}

/** A name that a peer chose, without secrets; what is far too long for one is told by its length. */
export function redactName(text: string, { redactText }: Pick<Redactor, "redactText">): string {
  return text.length <= LOOKED_CHARS_MAX ? redactText(text) : `[${text.length} characters]`;
}

/** The outcome that an error of this kind is filed under. */
export const OUTCOMES: Readonly<Record<ToolErrorKind, Outcome>> = {
  tool_failed: "tool_error",
  unavailable: "tool_error",
  conflict: "tool_error",
  not_found: "tool_error",
  unanswered: "tool_error",
  invalid_params: "invalid",
  unknown_tool: "invalid",
  unauthenticated: "denied",
  forbidden: "denied",
  rate_limited: "rate_limited",
  timeout: "timeout",
  cancelled: "cancelled",
  internal: "internal",
  // Recorded only where the spool still takes it: a change that must wait for the log itself.
  audit_unavailable: "denied",
  // Not recorded: no store can.
  overloaded: "internal",
};

function name(text: string): string {
  const cut = text.slice(0, NAME_CHARS_MAX);
  return cut.isWellFormed() && !cut.includes("\0") ? cut : cut.toWellFormed().replaceAll("\0", "\uFFFD");
}

function optionalName(text: string | undefined): string | undefined {
  return text === undefined ? undefined : name(text);
}

/** JSON text escapes NUL and lone surrogates; the cut may split a pair. */
function kept(json: string): string {
  return json.length <= KEPT_CHARS_MAX ? json : json.slice(0, KEPT_CHARS_MAX).toWellFormed();
}

function createDigests(): (text: string) => string {
  const digests = new Map<string, string>();
  return (text) => {
    const known = digests.get(text);
    if (known !== undefined) return known;
    const digest = hash("sha256", text, "hex");
    if (text.length <= DIGESTED_CHARS_MAX) {
      if (digests.size === DIGESTS_MAX) digests.clear();
      digests.set(text, digest);
    }
    return digest;
  };
}
