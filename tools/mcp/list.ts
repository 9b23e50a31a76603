import { z } from "zod";
import type { Authorizer } from "../authorizer.ts";
import { describeTool, type ToolListing } from "../describe.ts";
import { anyJson } from "../schema.ts";
import { defineTool, type Tool } from "../tool.ts";

const parameter = z.object({
  type: z.string().describe("JSON type, or any"),
  required: z.literal(true).optional().describe("Present where the parameter must be given"),
  default: anyJson.optional().describe("Value where it is left out"),
});

/** Lists that are kept: one for each set of tools that callers may see. */
const LISTS_MAX = 64;

/**
 * `mcp.tools.list`: the tools that the caller may call, in the catalogue's order.
 *
 * @param catalogue all tools, this one among them; asked late, since it is part of what it lists
 */
export function mcpToolsList(catalogue: () => readonly Tool[], authorizer: Pick<Authorizer, "mayList">) {
  const lists = new Map<string, { tools: ToolListing[] }>();

  /** A list that is given again is frozen, for the call path then prints it once. */
  function listOf(tools: readonly Tool[]) {
    const key = tools.map(({ name }) => name).join(" ");
    const known = lists.get(key);
    if (known) return known;
    const list = { tools: tools.map(describeTool) };
    Object.freeze(list);
    if (lists.size < LISTS_MAX) lists.set(key, list);
    return list;
  }

  return defineTool({
    name: "mcp.tools.list",
    toolset: "core",
    summary: "List all available tools",
    description: "Lists every tool you may call with its parameters. Call it first; the list holds for the connection.",
    input: z.strictObject({}),
    output: z.object({
      tools: z.array(z.object({
        name: z.string().describe("Name to call it by"),
        description: z.string().describe("What it does"),
        parameters: z.record(z.string(), parameter).describe("Parameters by name"),
      })).describe("Tools in a stable order"),
    }),
    effect: "read",
    idempotent: true,
    openWorld: false,
    run: (_, { principal }) =>
      Promise.resolve(listOf(catalogue().filter((tool) => authorizer.mayList(principal, tool)))),
  });
}
