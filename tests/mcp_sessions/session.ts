import assert from "node:assert/strict";

/** An event of a stream; `data` is empty of one that only tells its id. */
export interface StreamEvent {
  readonly id: string | undefined;
  readonly data: string;
}

/** A stream of server-sent events, read as they come. */
export interface EventReader extends AsyncDisposable {
  /** The next event, `undefined` at the end of the stream. @throws after 20 s */
  next(): Promise<StreamEvent | undefined>;
  /** The next message. @throws when the stream ends first */
  // deno-lint-ignore no-explicit-any -- Tests look into messages of every shape.
  message(): Promise<any>;
}

const TIMEOUT_MS = 20_000;
const BOTH_FORMS = "application/json, text/event-stream";
const CLIENT = { name: "tests", version: "2.1.0" };

export const listTools = { jsonrpc: "2.0", id: 1, method: "tools/list" };

/** A call of `prom_query_simple`: it runs until the test's Prometheus answers. */
export function longCall(id: number, query = "up") {
  return { jsonrpc: "2.0", id, method: "tools/call", params: { name: "prom_query_simple", arguments: { query } } };
}

/** Sends a message to `<url>/mcp`, in a session where its id is given. */
export function send(
  url: string,
  message: unknown,
  session?: string,
  headers: Record<string, string> = {},
  signal?: AbortSignal,
): Promise<Response> {
  return fetch(`${url}/mcp`, {
    method: "POST",
    headers: {
      ...{ "content-type": "application/json", accept: BOTH_FORMS },
      ...(session !== undefined && { "mcp-session-id": session, "mcp-protocol-version": "2025-11-25" }),
      ...headers,
    },
    body: JSON.stringify(message),
    ...(signal && { signal }),
  });
}

/** Asks for a stream of a session: of what comes, or of what followed an event. */
export function listen(url: string, session: string, lastEventId?: string, signal?: AbortSignal): Promise<Response> {
  return fetch(`${url}/mcp`, {
    headers: {
      ...{ accept: "text/event-stream", "mcp-session-id": session, "mcp-protocol-version": "2025-11-25" },
      ...(lastEventId !== undefined && { "last-event-id": lastEventId }),
    },
    ...(signal && { signal }),
  });
}

export async function end(url: string, session: string, headers: Record<string, string> = {}): Promise<number> {
  const response = await fetch(`${url}/mcp`, { method: "DELETE", headers: { "mcp-session-id": session, ...headers } });
  await response.body?.cancel();
  return response.status;
}

/** Status and JSON of an answer, or of the only message of a stream. */
export async function read(response: Response) {
  const text = await response.text();
  const data = text.split("\n").filter((line) => /^data: ./.test(line)).at(-1)?.slice("data: ".length) ?? text;
  return { status: response.status, reply: data === "" ? undefined : JSON.parse(data) };
}

export function initialize(capabilities: unknown = {}, client: unknown = CLIENT) {
  const params = { protocolVersion: "2025-11-25", capabilities, clientInfo: client };
  return { jsonrpc: "2.0", id: 0, method: "initialize", params };
}

/** Opens a session. @returns its id */
export async function openSession(url: string, headers: Record<string, string> = {}): Promise<string> {
  const response = await send(url, initialize(), undefined, headers);
  const { status, reply } = await read(response);
  assert.equal(status, 200, JSON.stringify(reply));
  const session = response.headers.get("mcp-session-id");
  assert(session, "the reply names the session");
  return session;
}

export function readEvents(response: Response): EventReader {
  assert.equal(response.headers.get("content-type"), "text/event-stream");
  assert(response.body);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";

  async function block(): Promise<string | undefined> {
    while (!rest.includes("\n\n")) {
      const { done, value } = await reader.read();
      if (done) return undefined;
      rest += value;
    }
    const [first = "", ...more] = rest.split("\n\n");
    rest = more.join("\n\n");
    return first;
  }

  async function event(): Promise<StreamEvent | undefined> {
    while (true) {
      const text = await block();
      if (text === undefined) return undefined;
      const lines = text.split("\n");
      const field = (name: string) => lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
      // A comment keeps the connection alive, and says nothing.
      if (lines.some((line) => !line.startsWith(":"))) return { id: field("id"), data: field("data") ?? "" };
    }
  }

  async function next(): Promise<StreamEvent | undefined> {
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => reject(new Error(`No event came in ${TIMEOUT_MS} ms`)), TIMEOUT_MS);
    return await Promise.race([event(), late]).finally(() => clearTimeout(timer));
  }

  return {
    next,
    async message() {
      while (true) {
        const found = await next();
        assert(found, "the stream goes on");
        if (found.data.trim() !== "") return JSON.parse(found.data);
      }
    },
    [Symbol.asyncDispose]: () => reader.cancel(),
  };
}
