import { Buffer } from "node:buffer";
import { ProtocolError, ProtocolErrorCode } from "@modelcontextprotocol/server";
import { PAGE_ENTRIES } from "./identity.ts";

/**
 * The page of a list that a cursor asks for, the first one without. A cursor holds the name of the last entry before,
 * so that it stands when entries come or go.
 *
 * @param entries in a stable order, their names unique
 * @throws {ProtocolError} −32602 for a cursor that no page gave.
 */
export function pageOf<T>(
  entries: readonly T[],
  nameOf: (entry: T) => string,
  cursor: string | undefined,
): { readonly entries: T[]; readonly nextCursor?: string } {
  const start = cursor === undefined ? 0 : entries.findIndex((entry) => toCursor(nameOf(entry)) === cursor) + 1;
  if (cursor !== undefined && start === 0) {
    throw new ProtocolError(ProtocolErrorCode.InvalidParams, 'Invalid cursor: pass "nextCursor" of the page before');
  }
  const page = entries.slice(start, start + PAGE_ENTRIES);
  const last = page.at(-1);
  const isLast = start + PAGE_ENTRIES >= entries.length;
  return { entries: page, ...(last !== undefined && !isLast && { nextCursor: toCursor(nameOf(last)) }) };
}

function toCursor(name: string): string {
  return Buffer.from(name).toString("base64url");
}
