import assert from "node:assert/strict";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { HOUSE_CODES } from "../../server/house_errors.ts";
import { listedTools } from "../../tools/listed_tools.ts";
import { TOOLSET_WORDS } from "../../tools/toolsets.ts";
import { openSocket } from "../services/socket.ts";

/** What a call came to: its result, or why there is none. */
export type Outcome =
  | { readonly result: unknown }
  | { readonly kind: string; readonly message: string; readonly hint: unknown; readonly data: unknown };

export interface Dialect {
  readonly name: string;
  call(tool: string, args: unknown): Promise<Outcome>;
  close(): Promise<void>;
}

/** An address of a server, with what its callers send. */
export interface Served {
  readonly url: string;
  readonly socketUrl: string;
  readonly headers?: Readonly<Record<string, string>>;
}

type Members = Readonly<Record<string, unknown>>;

const LATEST = "2026-07-28";
const INFO = { name: "tests", version: "1" };
/** Members that are of one call alone: its incident, and how long a limit has still to go. */
const OF_ONE_CALL = ["incident", "retryAfterMs"];

/** A failure without what is of one call alone. */
function failure(message: string, { kind, hint, ...data }: Members): Outcome {
  const { incident } = data;
  const told = typeof hint === "string" && typeof incident === "string" ? hint.replace(incident, "…") : hint;
  const left = Object.fromEntries(Object.entries(data).filter(([name]) => !OF_ONE_CALL.includes(name)));
  return { kind: String(kind), message, hint: told, data: left };
}

type RpcFailure = { readonly code: number; readonly message: string; readonly data: Members };

/** Of an error of the protocol: in the official one an unknown tool is one. */
function protocolFailure({ code, message, data }: RpcFailure): Outcome {
  assert.equal(code, -32602);
  return failure(message.replace(/^MCP error -32602: /, ""), data);
}

interface OfficialResult {
  readonly structuredContent?: unknown;
  readonly content: readonly { readonly type: string; readonly text?: string }[];
  readonly isError?: boolean;
  readonly _meta?: Members;
}

/** What others wrote stands in one. */
const ENVELOPE =
  /^Between the marks (?<id>[0-9a-f]{12}) .*\n<untrusted-data id="\k<id>">\n(.*)\n<\/untrusted-data id="\k<id>">$/s;

/** Tools that give a model fewer words than JSON. */
const PRINTING = new Map((await listedTools(TOOLSET_WORDS)).map(({ name, print }) => [name, print]));

function outcomeOf(tool: string, { structuredContent, content: [first], isError, _meta }: OfficialResult): Outcome {
  const text = first?.text ?? "";
  if (!isError) {
    const inner = ENVELOPE.exec(text)?.[2];
    assert.equal(inner !== undefined, _meta?.["mcp-ops/untrusted"] !== undefined);
    const words = inner ?? text;
    const printed = PRINTING.get(tool)?.(structuredContent);
    if (printed === undefined) assert.deepEqual(JSON.parse(words), structuredContent);
    else assert.equal(words, printed);
    return { result: structuredContent };
  }
  const error = _meta?.["mcp-ops/error"] as Members; // The server's own member.
  return failure(error["hint"] === undefined ? text : text.slice(0, -`\n${error["hint"]}`.length), error);
}

async function house({ socketUrl, headers }: Served): Promise<Dialect> {
  const socket = await openSocket(socketUrl, [], headers);
  return {
    name: "house",
    async call(name, args) {
      const { result, error } = await socket.call("mcp.tools.call", { name, args });
      if (!error) return { result };
      assert.equal(error.code, HOUSE_CODES[error.data.kind as keyof typeof HOUSE_CODES]);
      return failure(error.message, error.data);
    },
    close: async () => await socket[Symbol.asyncDispose](),
  };
}

async function officialOverHttp({ url }: Served, pin?: string): Promise<Dialect> {
  const client = new Client(INFO, pin === undefined ? {} : { versionNegotiation: { mode: { pin } } });
  await client.connect(new StreamableHTTPClientTransport(new URL(`${url}/mcp`)));
  // From then on the SDK refuses a result that is not as its tool's output schema says.
  await client.listTools();
  return {
    name: `official over HTTP, ${pin ?? "2025-11-25"}`,
    async call(tool, args) {
      const call = { name: tool.replaceAll(".", "_"), arguments: args as Members }; // What is not valid is refused.
      let result: OfficialResult;
      try {
        result = await client.callTool(call) as OfficialResult;
      } catch (error) {
        return protocolFailure(error as RpcFailure);
      }
      return outcomeOf(tool, result);
    },
    close: () => client.close(),
  };
}

async function officialOverSocket({ socketUrl, headers }: Served, isLatest: boolean): Promise<Dialect> {
  const socket = await openSocket(socketUrl, ["mcp"], headers);
  const _meta = {
    "io.modelcontextprotocol/protocolVersion": LATEST,
    "io.modelcontextprotocol/clientCapabilities": {},
  };
  const version = "2025-11-25";
  if (!isLatest) await socket.call("initialize", { protocolVersion: version, capabilities: {}, clientInfo: INFO });
  return {
    name: `official over WebSocket, ${isLatest ? LATEST : version}`,
    async call(tool, args) {
      const params = { name: tool.replaceAll(".", "_"), arguments: args, ...(isLatest && { _meta }) };
      const { result, error } = await socket.call("tools/call", params);
      return error ? protocolFailure(error) : outcomeOf(tool, result);
    },
    close: async () => await socket[Symbol.asyncDispose](),
  };
}

const OVER = {
  /** The house dialect by WebSocket, the official one over HTTP. */
  http: (served: Served) => [house(served), officialOverHttp(served), officialOverHttp(served, LATEST)],
  /** Each on a connection of its own: what bounds or ends connections is the same for all. */
  socket: (served: Served) => [house(served), officialOverSocket(served, false), officialOverSocket(served, true)],
} as const;

/** Runs with the house dialect and both eras of the official one. */
export async function inEveryDialect(
  served: Served,
  over: keyof typeof OVER,
  run: (dialects: readonly Dialect[]) => Promise<void>,
): Promise<void> {
  const dialects = await Promise.all(OVER[over](served));
  try {
    await run(dialects);
  } finally {
    for (const dialect of dialects) await dialect.close();
  }
}

/** Asks each dialect in turn. @returns what all of them gave */
export async function agreeOn<T>(dialects: readonly Dialect[], ask: (dialect: Dialect) => Promise<T>): Promise<T> {
  const [first, ...others] = dialects;
  assert(first);
  const expected = await ask(first);
  for (const other of others) assert.deepEqual(await ask(other), expected, other.name);
  return expected;
}

/** Calls in each dialect in turn. @returns what all of them gave */
export function agree(dialects: readonly Dialect[], tool: string, args: unknown): Promise<Outcome> {
  return agreeOn(dialects, (dialect) => dialect.call(tool, args));
}
