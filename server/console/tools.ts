import type { ArgumentSchema, ConsoleTool } from "../../dashboard/wire.ts";
import type { Tool } from "../../tools/tool.ts";
import { inputSchema } from "../mcp/schemas.ts";

/** A tool as the console shows it: with all that a form needs to know of its arguments. */
export function describeToConsole({ name, summary, description, effect, input }: Tool): ConsoleTool {
  const { properties, required } = inputSchema(input);
  return {
    name,
    summary,
    description,
    effect,
    // zod prints an object's members so: each a JSON Schema, and the names of those that must be there.
    parameters: (properties ?? {}) as Readonly<Record<string, ArgumentSchema>>,
    required: (required ?? []) as readonly string[],
  };
}
