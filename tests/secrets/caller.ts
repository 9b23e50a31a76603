import { mapConcurrently } from "../../tools/logs/read.ts";
import type { ServerService } from "../services/server.ts";
import type { TestSocket } from "../services/socket.ts";
import type { Sinks } from "./sinks.ts";

/** Calls under way at once. */
const AT_ONCE = 16;

/** A message that is sent, and whose reply goes to the sinks. */
export interface Sent {
  /** What it is, for the name of the sink. */
  readonly what: string;
  readonly method: string;
  readonly params?: unknown;
  /** The tool that it calls, if there is one of this name. */
  readonly tool: unknown;
}

/** A tool's call as `mcp.tools.call` takes it. */
export function call(what: string, name: unknown, args: unknown): Sent {
  return { what, method: "mcp.tools.call", params: { name, args }, tool: name };
}

/** A tool's name as the method. */
export function direct(what: string, tool: string, params: unknown): Sent {
  return { what, method: tool, params, tool };
}

/** Whose results leave as they came, by contract. */
const LOSSLESS: readonly unknown[] = ["ctx.get", "ctx.set"];

/** Sends messages over a socket. @returns the results of `ctx.*`, which alone may hold what was sent. */
export async function callAll(socket: TestSocket, sinks: Sinks, messages: readonly Sent[]): Promise<unknown[]> {
  const results = await mapConcurrently(messages, AT_ONCE, async ({ what, method, params, tool }) => {
    const { id: _, ...reply } = await socket.call(method, params);
    if (reply.result !== undefined && LOSSLESS.includes(tool)) return reply.result;
    sinks.add(`reply to ${what}`, JSON.stringify(reply));
  });
  return results.filter((result) => result !== undefined);
}

/** Does something for each, some at once. */
export async function forAll<Item>(
  items: readonly Item[],
  work: (item: Item, index: number) => Promise<void>,
  atOnce = AT_ONCE,
): Promise<void> {
  await mapConcurrently([...items.entries()], atOnce, ([index, item]) => work(item, index));
}

/** A request whose answer goes to the sinks as a whole: status, headers, body. */
export async function request(
  { url }: ServerService,
  sinks: Sinks,
  what: string,
  path: string,
  init: RequestInit = {},
): Promise<void> {
  const response = await fetch(`${url}${path}`, { redirect: "manual", ...init });
  sinks.add(
    `answer to ${what}`,
    `${response.status} ${JSON.stringify([...response.headers])} ${await response.text()}`,
  );
}

/** POSTs a text to `/mcp`; of a reply that is JSON all but its id, which JSON-RPC echoes, goes to the sinks. */
export async function post({ url }: ServerService, sinks: Sinks, what: string, body: string): Promise<void> {
  const headers = { "content-type": "application/json" };
  const response = await fetch(`${url}/mcp`, { method: "POST", headers, body });
  const text = await response.text();
  sinks.add(`reply to ${what}`, text === "" ? "" : JSON.stringify(withoutIds(JSON.parse(text))));
}

function withoutIds(reply: unknown): unknown {
  if (Array.isArray(reply)) return reply.map(withoutIds);
  return typeof reply === "object" && reply !== null ? { ...reply, id: undefined } : reply;
}
