import { z } from "zod";
import type { ContextEntry } from "../../storage/context_store.ts";

/** What is known of a value beside itself. */
export const entryMembers = {
  version: z.int().describe("1 for a key's first value, one more with each write"),
  writer: z.string().nullable().describe("Who wrote it; null where nobody knows"),
  written_at: z.string().nullable().describe("When, RFC 3339; null where nobody knows"),
  ttl_seconds: z.int().nullable().describe("Seconds until it is gone; null = never"),
};

export function describeEntry({ version, writer, writtenAtMs, ttlSeconds }: ContextEntry) {
  return {
    version,
    writer: writer === "" ? null : writer,
    written_at: writtenAtMs === 0 ? null : new Date(writtenAtMs).toISOString(),
    ttl_seconds: ttlSeconds ?? null,
  };
}

/** Arguments of writes. */
export const expectedVersion = z.int().min(0).max(Number.MAX_SAFE_INTEGER).optional()
  .describe("Only if the value is at this version; 0 = only if there is none");
export const timeToLive = (defaultSeconds: number) =>
  z.int().min(1).max(31_536_000).optional().describe(`Seconds to live; default ${defaultSeconds}`);
