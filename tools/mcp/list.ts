import { z } from "zod";
import type { Authorizer } from "../authorizer.ts";
import { describeTool } from "../describe.ts";
import { anyJson } from "../schema.ts";
import { defineTool, type Tool } from "../tool.ts";

const parameter = z.object({
  type: z.string().describe("JSON type, or any"),
  required: z.literal(true).optional().describe("Present where the parameter must be given"),
  default: anyJson.optional().describe("Value where it is left out"),
});

/**
 * `mcp.tools.list`: the tools that the caller may call, in the catalogue's order.
 *
 * @param catalogue all tools, this one among them; asked late, since it is part of what it lists
 */
export function mcpToolsList(catalogue: () => readonly Tool[], authorizer: Pick<Authorizer, "mayList">) {
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
      Promise.resolve({
        tools: catalogue().filter((tool) => authorizer.mayList(principal, tool)).map(describeTool),
      }),
  });
}
