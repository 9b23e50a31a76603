import type { Tool as OfficialTool } from "@modelcontextprotocol/server";
import type { Tool } from "../../tools/tool.ts";
import { inputSchema, outputSchema } from "./schemas.ts";
import { officialName } from "./tool_names.ts";

/** A tool as `tools/list` prints it. Hints that have the protocol's default are left out. */
export function describeOfficially(tool: Tool): OfficialTool {
  const { summary, description, effect, idempotent, openWorld } = tool;
  return {
    name: officialName(tool.name),
    title: summary,
    description,
    inputSchema: inputSchema(tool.input),
    outputSchema: outputSchema(tool.output),
    annotations: effect === "read"
      ? { readOnlyHint: true, openWorldHint: openWorld }
      // What was stored before is replaced.
      : { readOnlyHint: false, destructiveHint: true, idempotentHint: idempotent, openWorldHint: openWorld },
  };
}
