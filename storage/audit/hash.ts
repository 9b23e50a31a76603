import { hash } from "node:crypto";
import type { AuditRecord } from "../audit_log.ts";

/** Names the canonical form; another form of it would get another tag. */
const FORM = "audit_logs/1";

/**
 * SHA-256, in hex, of a record's canonical form: the UTF-8 of a JSON array without white space that holds the form's
 * tag and then every column but `id` and `hash` in the order below; NULL is `null`, the time is in whole milliseconds
 * since the epoch. The order is part of the form, whatever the table's columns are: it never changes.
 */
export function hashRecord(record: Omit<AuditRecord, "hash">): string {
  const form = [
    FORM,
    record.chainId,
    record.seq,
    record.prevHash,
    record.eventId,
    record.timestampMs,
    record.method,
    record.toolName ?? null,
    record.principal,
    record.authMethod,
    record.dialect,
    record.transport,
    record.clientName ?? null,
    record.clientVersion ?? null,
    record.clientAddress ?? null,
    record.session ?? null,
    record.requestId ?? null,
    record.traceId ?? null,
    record.params,
    record.paramsSha256,
    record.result,
    record.resultSha256,
    record.resultBytes,
    record.resultTokens,
    record.outcome,
    record.errorCode ?? null,
    record.durationMs,
    record.replica,
  ];
  return hash("sha256", JSON.stringify(form), "hex");
}
