import assert from "node:assert/strict";
import { type ServerService, startServer } from "../services/server.ts";
import type { Post } from "./requests.ts";

export type Way = "direct" | "sdk";

/** What is of one reply alone: the mark around what others wrote, an incident, how long a limit has to go. */
export function comparable(text: string): string {
  const marks = [...text.matchAll(/untrusted-data id=\\+"([0-9a-f]{12})/g)].map(([, id = ""]) => id);
  return marks.reduce((told, id) => told.replaceAll(id, "mark"), text)
    .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f-]{21}/g, "uuid")
    .replaceAll(/"retryAfterMs":\d+/g, '"retryAfterMs":0');
}

const HEADERS = ["allow", "mcp-session-id", "ratelimit-policy"];
/** What is another where the SDK sends its only message as an event. */
const FORM_HEADERS = ["content-type", "cache-control", "x-accel-buffering"];

async function ask({ url }: ServerService, { body, headers }: Post) {
  const response = await fetch(`${url}/mcp`, {
    method: "POST",
    headers,
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  const text = comparable(await response.text());
  const [, data] = /^(?:.*\n)?data: (.*)\n\n$/s.exec(text) ?? [];
  const json = data ?? text;
  const names = response.ok && json !== "" ? HEADERS : [...HEADERS, ...FORM_HEADERS];
  return {
    status: response.status,
    headers: Object.fromEntries(names.map((name) => [name, response.headers.get(name)])),
    body: json === "" ? null : JSON.parse(json),
  };
}

/** Messages so far that were answered without the SDK. */
async function directCount({ url }: ServerService): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(/^mcp_official_messages_total\{way="direct"\} (\d+)$/m.exec(text)?.[1]);
}

export type Answer = Awaited<ReturnType<typeof ask>>;

/** Two servers that differ in MCP_DIRECT alone. */
export interface Pair extends AsyncDisposable {
  readonly servers: readonly [direct: ServerService, sdk: ServerService];
  /**
   * Asks both servers, which must answer alike.
   *
   * @param headersOf what is each server's own: the session that it opened
   * @returns the reply @throws where it did not come by this way
   */
  agree(post: Post, way: Way, headersOf?: (server: ServerService) => Post["headers"]): Promise<Answer>;
  /** Does the same with both, of which both must tell the same. @param direct messages that need no SDK */
  agreeOn<T>(direct: number, act: (server: ServerService) => Promise<T>, about: string): Promise<T>;
}

export async function startPair(settings: Record<string, string>): Promise<Pair> {
  const stack = new AsyncDisposableStack();
  const [direct, sdk] = [
    stack.use(await startServer({ RATE_LIMIT_PER_MINUTE: "0", ...settings })),
    stack.use(await startServer({ RATE_LIMIT_PER_MINUTE: "0", ...settings, MCP_DIRECT: "false" })),
  ];
  async function agreeOn<T>(count: number, act: (server: ServerService) => Promise<T>, about: string): Promise<T> {
    const before = await directCount(direct);
    const told = await act(direct);
    assert.deepEqual(told, await act(sdk), about);
    assert.equal(await directCount(direct) - before, count, `Expected ${count} without the SDK: ${about}`);
    assert.equal(await directCount(sdk), 0);
    return told;
  }
  return {
    servers: [direct, sdk],
    agreeOn,
    agree: (post, way, headersOf = () => ({})) =>
      agreeOn(
        way === "direct" ? 1 : 0,
        (server) => ask(server, { ...post, headers: { ...post.headers, ...headersOf(server) } }),
        JSON.stringify(post),
      ),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** Calls of a tool that ended as cancelled, once there are so many. @throws after 20 s */
export async function cancelledOn({ url }: ServerService, least = 1): Promise<number> {
  for (const deadline = performance.now() + 20_000; performance.now() < deadline;) {
    const text = await (await fetch(`${url}/metrics`)).text();
    const [, count] = /^mcp_tool_calls_total\{tool="prom.query_simple",outcome="cancelled"\} (\d+)$/m.exec(text) ?? [];
    if (Number(count) >= least) return Number(count);
  }
  throw new Error(`Fewer than ${least} calls were cancelled`);
}
