import { type Connection, ConnectionError, type Reply } from "./connection.ts";

/** A request of a check, and what its result must be. */
interface Exchange {
  readonly message: { readonly id: number; readonly method: string; readonly params?: unknown };
  /** @returns what is wrong, or `undefined`. */
  readonly objection: (result: unknown) => string | undefined;
}

/** One of the checks that the guide's client makes. */
export interface Check {
  readonly title: string;
  readonly exchanges: readonly Exchange[];
}

const call = (id: number, name: string, args: unknown, objection: Exchange["objection"]): Exchange => ({
  message: { id, method: "mcp.tools.call", params: { name, args } },
  objection,
});

/** A list under this name, with something in it. */
const lists = (name: string) => (result: unknown) => {
  const items = memberOf(result, name);
  if (!Array.isArray(items)) return `the result has no list "${name}"`;
  return items.length > 0 ? undefined : `"${name}" is empty`;
};

const is = (name: string, expected: unknown) => (result: unknown) => {
  const value = memberOf(result, name);
  return value === expected
    ? undefined
    : `expected "${name}" to be ${JSON.stringify(expected)}, got ${JSON.stringify(value)}`;
};

/**
 * The checks by the names that `--test` takes, in the guide's order.
 *
 * @param fresh a value that no run had before: an old one under the key must not pass for it
 */
export function createChecks(fresh: string): Readonly<Record<string, Check>> {
  return {
    tools: {
      title: "📋 Test 1: List All Tools",
      exchanges: [{ message: { id: 1, method: "mcp.tools.list" }, objection: lists("tools") }],
    },
    k8s: {
      title: "🔧 Test 2: List Kubernetes Pods",
      exchanges: [call(2, "k8s.list_pods", { namespace: "mcp-lab" }, lists("pods"))],
    },
    prom: {
      title: "📊 Test 3: Query Prometheus",
      exchanges: [call(3, "prom.query_simple", { query: "up" }, lists("values"))],
    },
    ctx: {
      title: "🗂️ Test 4: Set and Get Context",
      exchanges: [
        call(4, "ctx.set", { key: "client.check", value: fresh }, is("success", true)),
        call(5, "ctx.get", { key: "client.check" }, is("value", fresh)),
      ],
    },
  };
}

/** The names that `--test` takes. */
export const CHECK_NAMES: readonly string[] = Object.keys(createChecks(""));

/** What the guide's client runs when it is not told which. */
export const GUIDE_CHECKS: readonly string[] = ["tools", "k8s", "prom"];

/**
 * Makes one check and prints it as the guide does.
 *
 * @returns whether it passed
 */
export async function runCheck(
  { title, exchanges }: Check,
  connection: Pick<Connection, "request">,
  print: (line: string) => void,
): Promise<boolean> {
  const name = /Test \d+/.exec(title)?.[0] ?? title;
  print(`\n${title}`);
  for (const { message, objection } of exchanges) {
    print(`Request: ${printRequest({ jsonrpc: "2.0", ...message })}`);
    const wrong = await objectionOf(message, objection, connection, print);
    if (wrong === undefined) continue;
    print(`✗ ${name} FAILED: ${wrong}`);
    return false;
  }
  print(`✓ ${name} PASSED`);
  return true;
}

/** What is wrong with the reply, or that none came. */
async function objectionOf(
  message: Exchange["message"],
  objection: Exchange["objection"],
  connection: Pick<Connection, "request">,
  print: (line: string) => void,
): Promise<string | undefined> {
  let reply: Reply;
  try {
    reply = await connection.request(message);
  } catch (error) {
    if (error instanceof ConnectionError) return error.message;
    throw error;
  }
  print(`Response:\n${JSON.stringify(reply, null, 2)}`);
  if (!reply.error) return objection(reply.result);
  const { code, message: words, data } = reply.error;
  return `${words} (${code})${data?.hint ? `. ${data.hint}` : ""}`;
}

/** As the guide prints it: a request without params on one line. */
function printRequest(request: Readonly<Record<string, unknown>>): string {
  if (request["params"] !== undefined) return JSON.stringify(request, null, 2);
  return `{${Object.entries(request).map(([name, value]) => `"${name}": ${JSON.stringify(value)}`).join(", ")}}`;
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}
