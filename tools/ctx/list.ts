import { z } from "zod";
import type { ContextStore } from "../../storage/context_store.ts";
import type { Authorizer } from "../authorizer.ts";
import { cutPage, pageInput, pageMembers } from "../paging.ts";
import { defineTool, type Tool } from "../tool.ts";
import { describeEntry, entryMembers } from "./entry.ts";
import type { ContextKeys } from "./keys.ts";

const PAGE_MAX = 200;
/** Keys that are looked at; the store may hold more. */
const LOOKED_AT_MAX = 10_000;
/** Entries that are read at once. */
const READ_AT_ONCE = 50;
const PREFIX_CHARS_MAX = 256;

/** `ctx.list`: the keys that the caller may read, each with what is known of its value. */
export function ctxList(
  store: Pick<ContextStore, "get" | "keys">,
  keys: ContextKeys,
  authorizer: Pick<Authorizer, "authorize">,
  ctxGet: () => Tool,
) {
  return defineTool({
    name: "ctx.list",
    toolset: "ctx",
    summary: "List context keys",
    description: "Lists context keys in order, with version, writer, time and seconds left; not the values. " +
      "Narrow it by prefix.",
    input: z.strictObject({
      prefix: z.string().max(PREFIX_CHARS_MAX).default("").describe("What the keys begin with"),
      ...pageInput(PAGE_MAX),
    }),
    output: z.object({
      entries: z.array(z.object({ key: z.string().describe("For ctx.get"), ...entryMembers })).describe("By key"),
      ...pageMembers,
    }),
    effect: "read",
    idempotent: true,
    openWorld: false,
    // A key holds what agents chose to call it.
    untrusted: "context keys",
    run: async ({ prefix, limit, cursor }, { principal, signal }) => {
      const own = keys.stored(principal, "");
      const stored = await store.keys(own + prefix, LOOKED_AT_MAX);
      const readable = stored.map((key) => key.slice(own.length)).filter((key) =>
        authorizer.authorize({ principal, tool: ctxGet(), args: { key } }).allowed
      );
      // What a page holds is reckoned by rows as long as they are.
      const { items, ...page } = cutPage(readable.map(rowOf), { limit, cursor });
      const entries = [];
      for (let i = 0; i < items.length; i += READ_AT_ONCE) {
        signal.throwIfAborted();
        const keysRead = items.slice(i, i + READ_AT_ONCE).map(({ key }) => key);
        const found = await Promise.all(keysRead.map((key) => store.get(keys.stored(principal, key))));
        // What ended meanwhile is left out.
        entries.push(
          ...found.flatMap((entry, at) => entry ? [{ key: keysRead[at] ?? "", ...describeEntry(entry) }] : []),
        );
      }
      const warnings = stored.length === LOOKED_AT_MAX
        ? [`Only ${LOOKED_AT_MAX} keys were looked at: narrow it by prefix`]
        : [];
      return { entries, ...page, returned: entries.length, ...(warnings.length > 0 && { warnings }) };
    },
  });
}

/** A row of the size that one will have at most. */
function rowOf(key: string) {
  return { key, version: 1_000, writer: "x".repeat(20), written_at: new Date(0).toISOString(), ttl_seconds: 100_000 };
}
