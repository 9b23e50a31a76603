import type { ConsoleTool } from "../../wire.ts";
import { isObject, parse } from "../core/json.ts";
import { printJson } from "../core/json_text.ts";

type Arguments = Readonly<Record<string, unknown>>;

/** A request that calls one tool, and can be written again with other arguments. */
export interface ToolRequest {
  readonly tool: ConsoleTool;
  readonly args: Arguments;
  /** The text of the same request with other arguments. */
  with(args: Arguments): string;
}

/** The call that a request makes; `undefined` where it is no call of one tool of the list. */
export function readRequest(text: string, tools: readonly ConsoleTool[]): ToolRequest | undefined {
  const message = parse(text);
  if (!isObject(message)) return undefined;
  const { method, params = {} } = message;
  if (!isObject(params)) return undefined;
  // A tool's name is a method too, with its arguments as params.
  const direct = tools.find(({ name }) => name === method);
  if (direct) return { tool: direct, args: params, with: (args) => print({ ...message, params: args }) };
  if (method !== "mcp.tools.call") return undefined;
  const tool = tools.find(({ name }) => name === params["name"]);
  // Both names are taken.
  const member = Object.hasOwn(params, "arguments") && !Object.hasOwn(params, "args") ? "arguments" : "args";
  const args = params[member] ?? {};
  if (!tool || !isObject(args)) return undefined;
  return { tool, args, with: (args) => print({ ...message, params: { ...params, [member]: args } }) };
}

/** Arguments that a first call is likely to want. */
const LIKELY: Arguments = { key: "version", value: "1.0.0", namespace: "mcp-lab", query: "up" };

/** A request that calls the tool: ready to send where its parameters are known ones, else ready to fill in. */
export function requestFor({ name, parameters, required }: ConsoleTool, id: number): string {
  const args = Object.fromEntries(
    required.filter((parameter) => Object.hasOwn(LIKELY, parameter) || parameters[parameter]?.type === "string")
      .map((parameter) => [parameter, Object.hasOwn(LIKELY, parameter) ? LIKELY[parameter] : ""]),
  );
  return print({ jsonrpc: "2.0", id, method: "mcp.tools.call", params: { name, args } });
}

/** A request to pick. */
export interface Example {
  readonly title: string;
  readonly request: string;
}

const call = (id: number, name: string, args: Arguments) => ({
  jsonrpc: "2.0",
  id,
  method: "mcp.tools.call",
  params: { name, args },
});

/** The three that the guide has its reader paste. */
export const GUIDE_EXAMPLES: readonly Example[] = [
  { title: "List all tools", request: print({ jsonrpc: "2.0", id: 1, method: "mcp.tools.list" }) },
  { title: "Set context", request: print(call(2, "ctx.set", { key: "version", value: "1.0.0" })) },
  { title: "Get context", request: print(call(3, "ctx.get", { key: "version" })) },
];

function print(message: unknown): string {
  return printJson(JSON.stringify(message));
}
