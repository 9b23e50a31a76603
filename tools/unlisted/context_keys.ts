import { z } from "zod";
import type { ContextStore } from "../../storage/context_store.ts";
import type { Authorizer } from "../authorizer.ts";
import type { ContextKeys } from "../ctx/keys.ts";
import { defineTool, type Tool } from "../tool.ts";

/** Keys that are looked at: some of them may be hidden from the caller. */
const LOOKED_AT_MAX = 1000;
/** What the protocol's completion gives at most. */
const KEYS_MAX = 100;

/** The keys that the caller may read, by what they begin with. */
export function contextKeyList(
  ctxGet: Tool,
  store: Pick<ContextStore, "keys">,
  keys: ContextKeys,
  authorizer: Pick<Authorizer, "authorize">,
): Tool {
  return defineTool({
    name: "ctx.keys",
    toolset: "core",
    summary: "List context keys",
    description: "Lists the context keys that begin with a text",
    input: z.strictObject({ prefix: z.string().max(256).describe("What the keys begin with") }),
    output: z.object({
      keys: z.array(z.string()).describe("In order"),
      more: z.boolean().describe("There are more of them"),
    }),
    effect: "read",
    idempotent: true,
    openWorld: false,
    async run({ prefix }, { principal }) {
      const own = keys.stored(principal, "");
      const stored = await store.keys(own + prefix, LOOKED_AT_MAX);
      const readable = stored.map((key) => key.slice(own.length)).filter((key) =>
        authorizer.authorize({ principal, tool: ctxGet, args: { key } }).allowed
      );
      return {
        keys: readable.slice(0, KEYS_MAX),
        more: readable.length > KEYS_MAX || stored.length === LOOKED_AT_MAX,
      };
    },
  });
}
