import { z } from "zod";
import type { Json } from "../storage/json.ts";
import type { Tool } from "./tool.ts";

/** A parameter as the guide prints it. */
export type Parameter = {
  readonly type: string;
  readonly required?: true;
  readonly default?: Json;
};

/** A tool as `mcp.tools.list` prints it. */
export type ToolListing = {
  readonly name: string;
  readonly description: string;
  readonly parameters: { readonly [parameter: string]: Parameter };
};

/** The guide's listing of a tool, derived from its input schema. */
export function describeTool(tool: Tool): ToolListing {
  const { properties = {}, required = [] } = z.toJSONSchema(tool.input, { io: "input", unrepresentable: "any" });
  const parameters = Object.entries(properties).map(([name, schema]) => {
    const { type, default: preset } = typeof schema === "boolean" ? {} : schema;
    return [name, {
      type: typeof type === "string" ? type : "any",
      ...(required.includes(name) && { required: true as const }),
      // A schema's default is JSON: it is printed into one.
      ...(preset !== undefined && { default: preset as Json }),
    }] as const;
  });
  return { name: tool.name, description: tool.summary, parameters: Object.fromEntries(parameters) };
}
