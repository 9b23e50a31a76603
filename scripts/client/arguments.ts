import { parseArgs } from "node:util";
import { CHECK_NAMES, GUIDE_CHECKS } from "./checks.ts";
import { readToken } from "./token.ts";
import { UsageError } from "./usage_error.ts";

/** What the command line asks for. */
export type ClientCommand =
  & {
    readonly url: string;
    readonly timeoutMs: number;
    /** API key or access token to send; `undefined` = none. */
    readonly token: string | undefined;
  }
  & (
    | { readonly kind: "check"; readonly names: readonly string[] }
    | { readonly kind: "list" }
    | { readonly kind: "call"; readonly tool: string; readonly args: Readonly<Record<string, unknown>> }
    | { readonly kind: "help" }
  );

export const USAGE = `Talks to a running server.

  deno task client                          the guide's tests 1 to 3
  deno task client --test NAME              one test: ${CHECK_NAMES.join(", ")}
  deno task client list                     the tools
  deno task client call TOOL key=value …    call a tool; a value that is JSON is taken as JSON
  deno task client call TOOL --json '{…}'   call a tool with all its arguments as JSON

  --url URL        server to talk to (MCP_URL, else ws://localhost:9000/mcp)
  --token TOKEN    API key or access token to send (MCP_TOKEN, else what the file
                   MCP_TOKEN_FILE holds; unlike these, an option can be seen by
                   other users of the machine)
  --timeout S      seconds to wait for a connection and for each reply (35)
  --help           print this

Exit code: 0 = passed, 1 = a test or a call failed, 2 = wrong usage.`;

/**
 * Reads the client's command line.
 *
 * @param readFile reads the file that MCP_TOKEN_FILE names
 * @throws {UsageError} when it makes no sense.
 */
export function readArguments(
  args: string[],
  environment: Readonly<Record<string, string | undefined>>,
  readFile: (path: string) => string,
): ClientCommand {
  const { values, positionals } = parse(args);
  const url = values.url ?? environment["MCP_URL"] ?? "ws://localhost:9000/mcp";
  if (!URL.canParse(url) || !/^wss?:$/.test(new URL(url).protocol)) {
    throw new UsageError(`Expected --url to start with ws:// or wss://, but got ${JSON.stringify(url)}`);
  }
  const seconds = Number(values.timeout ?? 35);
  if (!(seconds > 0 && seconds <= 3600)) {
    throw new UsageError(`Expected --timeout to be seconds from 0 to 3600, but got ${JSON.stringify(values.timeout)}`);
  }
  const timeoutMs = seconds * 1000;
  if (values.help) return { url, timeoutMs, token: undefined, kind: "help" };
  const common = { url, timeoutMs, token: readToken({ option: values.token, environment, readFile }) };
  const [verb, tool, ...pairs] = positionals;
  if (verb === undefined && values.json === undefined) {
    return { ...common, kind: "check", names: checkNames(values.test) };
  }
  if (values.test !== undefined) throw new UsageError(`--test does not go with ${JSON.stringify(verb)}`);
  if (values.json !== undefined && (verb !== "call" || pairs.length > 0)) {
    throw new UsageError("--json goes with call alone, in place of key=value");
  }
  if (verb === "list" && tool === undefined) return { ...common, kind: "list" };
  if (verb !== "call") throw new UsageError(`Expected list or call, but got ${JSON.stringify(positionals.join(" "))}`);
  if (tool === undefined) throw new UsageError("Expected the name of a tool after call");
  return {
    ...common,
    kind: "call",
    tool,
    args: { ...readJson(values.json), ...Object.fromEntries(pairs.map(readPair)) },
  };
}

function parse(args: string[]) {
  const text = { type: "string" } as const;
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: { url: text, test: text, token: text, timeout: text, json: text, help: { type: "boolean", short: "h" } },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function checkNames(test: string | undefined): readonly string[] {
  if (test === undefined) return GUIDE_CHECKS;
  if (CHECK_NAMES.includes(test)) return [test];
  throw new UsageError(
    `Expected --test to be one of ${CHECK_NAMES.join(", ")}, but got ${JSON.stringify(test)}`,
  );
}

/** `key=value`; the value is JSON where it parses as JSON, and text otherwise. */
function readPair(pair: string): [string, unknown] {
  const at = pair.indexOf("=");
  if (at < 1) throw new UsageError(`Expected key=value, but got ${JSON.stringify(pair)}`);
  const value = pair.slice(at + 1);
  try {
    return [pair.slice(0, at), JSON.parse(value)];
  } catch {
    return [pair.slice(0, at), value];
  }
}

function readJson(text: string | undefined): Readonly<Record<string, unknown>> {
  if (text === undefined) return {};
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return { ...value };
  } catch { /* Said below. */ }
  throw new UsageError(`Expected --json to be a JSON object, but got ${text}`);
}
