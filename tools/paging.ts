import { Buffer } from "node:buffer";
import { z } from "zod";
import { ToolError } from "./error.ts";

/**
 * Bytes of the items of a list that nobody asked a size for: with what stands around them the answer stays under 2,000
 * estimated tokens (`shape.ts`).
 */
export const DEFAULT_PAGE_BYTES = 5_400;
const CURSOR_CHARS_MAX = 64;

/** How a caller asks for a part of a list. */
export const pageInput = (limitMax: number) => ({
  limit: z.int().min(1).max(limitMax).optional().describe("Items to give; default as many as 2,000 tokens hold"),
  cursor: z.string().min(1).max(CURSOR_CHARS_MAX).optional().describe("next of the answer before"),
});

/** What every list says beside its items. */
export const pageMembers = {
  returned: z.int().describe("Items in this answer"),
  total: z.int().describe("Items there are"),
  next: z.string().optional().describe("Pass as cursor for the items after these"),
  warnings: z.array(z.string()).optional().describe("What to know beside the answer"),
};

export interface PageRequest {
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
}

export interface Page<Item> {
  readonly items: Item[];
  readonly returned: number;
  readonly total: number;
  readonly next?: string;
}

/**
 * The part of a list that was asked for; without a limit as much as a default answer holds, at least one item. A cursor
 * is a place in the list as it is now: where items came or went meanwhile, one may come twice or be missed.
 *
 * @throws {ToolError} `invalid_params` for a cursor that no page gave.
 */
export function cutPage<Item>(all: readonly Item[], { limit, cursor }: PageRequest): Page<Item> {
  const start = cursor === undefined ? 0 : parseCursor(cursor);
  const end = limit === undefined ? endOfDefault(all, start) : Math.min(all.length, start + limit);
  const items = all.slice(start, end);
  return { items, returned: items.length, total: all.length, ...(end < all.length && { next: printCursor(end) }) };
}

function endOfDefault(all: readonly unknown[], start: number): number {
  let room = DEFAULT_PAGE_BYTES;
  let end = start;
  while (end < all.length) {
    room -= Buffer.byteLength(JSON.stringify(all[end])) + 1;
    if (room < 0 && end > start) break;
    end++;
  }
  return end;
}

function printCursor(place: number): string {
  return Buffer.from(`after ${place}`).toString("base64url");
}

function parseCursor(cursor: string): number {
  const place = /^after (\d{1,9})$/.exec(Buffer.from(cursor, "base64url").toString())?.[1];
  if (place !== undefined) return Number(place);
  throw new ToolError("invalid_params", "Cannot continue the list: cursor is none that an answer gave as next", {
    hint: "Pass next of the answer before unchanged, or leave cursor out to start again",
  });
}
