import { z } from "zod";
import type { Outcome, SealedRecord } from "../audit_log.ts";
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
  opening: z.object({
    chainId: z.string(),
    replica: z.string(),
    version: z.string(),
    openedAtMs: z.number(),
    publicKey: z.string(),
    signature: z.string(),
  }).optional(),
});

/** Text of a record in a spool. */
export function printRecord(record: SealedRecord): string {
  return JSON.stringify(record);
}

/** The record behind its text, or `undefined` for text that is no record or whose hash does not fit. */
export function readRecord(text: string): SealedRecord | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const parsed = recordShape.safeParse(value);
  if (!parsed.success) return undefined;
  // zod's optional members may be absent where SealedRecord says `undefined`: the same to every reader.
  const record = parsed.data as SealedRecord;
  return hashRecord(record) === record.hash ? record : undefined;
}
