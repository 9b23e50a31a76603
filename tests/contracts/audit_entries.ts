import { v7 } from "uuid";
import type { AuditEntry } from "../../storage/audit_log.ts";

/** A call's entry with everything in it, and what is to be different. */
export function entryWith(changes: Partial<AuditEntry> = {}): AuditEntry {
  return {
    eventId: v7(),
    timestampMs: Date.UTC(2024, 0, 15, 10, 35, 23, 456),
    method: "mcp.tools.call",
    toolName: "ctx.get",
    principal: "default",
    authMethod: "none",
    dialect: "house",
    transport: "websocket",
    clientName: "python",
    clientVersion: "3.13",
    clientAddress: "127.0.0.1",
    session: "session-1",
    requestId: "1",
    traceId: "0af7651916cd43dd8448eb211c80319c",
    params: '{"key":"user"}',
    paramsSha256: "a".repeat(64),
    result: '{"key":"user","value":"alice"}',
    resultSha256: "b".repeat(64),
    resultBytes: 30,
    resultTokens: 8,
    outcome: "ok",
    errorCode: undefined,
    durationMs: 1.234,
    replica: "replica-1",
    ...changes,
  };
}

/** An entry whose optional members are all left out. */
export function bareEntry(changes: Partial<AuditEntry> = {}): AuditEntry {
  return entryWith({
    toolName: undefined,
    clientName: undefined,
    clientVersion: undefined,
    clientAddress: undefined,
    session: undefined,
    requestId: undefined,
    traceId: undefined,
    ...changes,
  });
}

/** Text that stores and indexes have refused: none may cost a record, nor another of its batch. */
export const awkwardTexts: Readonly<Record<string, string>> = {
  "NUL": "a\0b",
  "the escape of NUL": "a\\u0000b",
  "a lone high surrogate": "a\ud800",
  "a lone low surrogate": "\udc00b",
  "a pair": "😀",
  "quotes, backslashes and braces": '{"a":"\\"},NULL,{',
  "line ends and tabs": "a\r\nb\tc",
  "the word NULL": "NULL",
  "nothing": "",
  "1 MiB of one letter": "x".repeat(1_048_576),
  // Nothing compresses it: an index refuses it where it is not cut.
  "1 MiB of noise": noise(1_048_576),
};

function noise(length: number): string {
  const bytes = new Uint8Array(length / 2);
  for (let i = 0; i < bytes.length; i += 65_536) crypto.getRandomValues(bytes.subarray(i, i + 65_536));
  return bytes.toHex();
}
