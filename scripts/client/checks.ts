import type { Connection, Reply } from "./connection.ts";

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

/** The checks by the names that `--test` takes, in the guide's order. */
export const CHECKS: Readonly<Record<string, Check>> = {
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
      call(4, "ctx.set", { key: "version", value: "1.0.0" }, is("success", true)),
      call(5, "ctx.get", { key: "version" }, is("value", "1.0.0")),
    ],
  },
};

/** What the guide's client runs when it is not told which. */
export const GUIDE_CHECKS = ["tools", "k8s", "prom"];

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
    print(`Request: ${JSON.stringify({ jsonrpc: "2.0", ...message }, null, message.params === undefined ? 0 : 2)}`);
    const reply = await connection.request(message);
    print(`Response:\n${JSON.stringify(reply, null, 2)}`);
    const wrong = objectionTo(reply, objection);
    if (wrong === undefined) continue;
    print(`✗ ${name} FAILED: ${wrong}`);
    return false;
  }
  print(`✓ ${name} PASSED`);
  return true;
}

function objectionTo({ error, result }: Reply, objection: Exchange["objection"]): string | undefined {
  return error ? `${error.message}${error.data?.hint ? `. ${error.data.hint}` : ""}` : objection(result);
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}
