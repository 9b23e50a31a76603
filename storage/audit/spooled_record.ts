import { z } from "zod";
import type { AuditRecord, Outcome } from "../audit_log.ts";
import { hashRecord } from "./hash.ts";

const OUTCOMES = ["ok", "tool_error", "invalid", "denied", "rate_limited", "timeout", "cancelled", "internal"] as const;

const optional = z.string().optional();
const recordShape = z.object({
  eventId: z.string(),
  timestampMs: z.number(),
  method: z.string(),
  toolName: optional,
  principal: z.string(),
  authMethod: z.string(),
  dialect: z.string(),
  transport: z.string(),
  clientName: optional,
  clientVersion: optional,
  clientAddress: optional,
  session: optional,
  requestId: optional,
  traceId: optional,
  params: z.string(),
  paramsSha256: z.string(),
  result: z.string(),
  resultSha256: z.string(),
  resultBytes: z.number(),
  resultTokens: z.number(),
  outcome: z.enum(OUTCOMES satisfies readonly Outcome[]),
  errorCode: z.number().optional(),
  durationMs: z.number(),
  replica: z.string(),
  chainId: z.string(),
  seq: z.number(),
  prevHash: z.string(),
  hash: z.string(),
});

/** Text of a record in a spool. */
export function printRecord(record: AuditRecord): string {
  return JSON.stringify(record);
}

/** The record behind its text, or `undefined` for text that is no record or whose hash does not fit. */
export function readRecord(text: string): AuditRecord | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const parsed = recordShape.safeParse(value);
  if (!parsed.success) return undefined;
  // zod's optional members may be absent where AuditRecord says `undefined`: the same to every reader.
  const record = parsed.data as AuditRecord;
  return hashRecord(record) === record.hash ? record : undefined;
}
