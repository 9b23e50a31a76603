import { isObject, parse } from "./exchange.ts";
import { printJson } from "./json_text.ts";

/** A tool as `mcp.tools.list` gives it. */
export interface ToolListing {
  readonly name: string;
  readonly description: string;
  readonly parameters: Readonly<Record<string, Parameter>>;
}

export interface Parameter {
  readonly type: string;
  readonly required?: boolean;
  readonly default?: unknown;
}

/** A request to pick. */
export interface Example {
  readonly title: string;
  readonly request: string;
}

/** The three that the guide has its reader paste. */
export const GUIDE_EXAMPLES: readonly Example[] = [
  { title: "List all tools", request: print({ jsonrpc: "2.0", id: 1, method: "mcp.tools.list" }) },
  { title: "Set context", request: print(toolCall(2, "ctx.set", { key: "version", value: "1.0.0" })) },
  { title: "Get context", request: print(toolCall(3, "ctx.get", { key: "version" })) },
];

/** Arguments that a first call is likely to want. */
const LIKELY: Readonly<Record<string, unknown>> = {
  key: "version",
  value: "1.0.0",
  namespace: "mcp-lab",
  query: "up",
};

/** A request that calls the tool: ready to send where its parameters are known ones, else ready to fill in. */
export function exampleFor({ name, parameters }: ToolListing, id: number): Example {
  const required = Object.entries(parameters).filter(([, { required }]) => required);
  const args = Object.fromEntries(required.map(([parameter, { type }]) => [parameter, valueFor(parameter, type)]));
  return { title: name, request: print(toolCall(id, name, args)) };
}

function valueFor(parameter: string, type: string): unknown {
  if (Object.hasOwn(LIKELY, parameter)) return LIKELY[parameter];
  switch (type) {
    case "integer":
    case "number":
      return 1;
    case "boolean":
      return true;
    case "array":
      return [];
    case "object":
      return {};
    default:
      return "";
  }
}

function toolCall(id: number, name: string, args: Readonly<Record<string, unknown>>) {
  return { jsonrpc: "2.0", id, method: "mcp.tools.call", params: { name, args } };
}

/** The tools in a reply to `mcp.tools.list`; `undefined` where it is none. */
export function readToolList(reply: string): readonly ToolListing[] | undefined {
  const message = parse(reply);
  const result = isObject(message) ? message["result"] : undefined;
  const tools = isObject(result) ? result["tools"] : undefined;
  return Array.isArray(tools) && tools.every(isToolListing) ? tools : undefined;
}

function isToolListing(value: unknown): value is ToolListing {
  return isObject(value) && typeof value["name"] === "string" && typeof value["description"] === "string" &&
    isObject(value["parameters"]) && Object.values(value["parameters"]).every(isObject);
}

function print(message: unknown): string {
  return printJson(JSON.stringify(message));
}
