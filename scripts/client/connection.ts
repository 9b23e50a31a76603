/** A JSON-RPC reply: exactly one of `result` and `error` is there. */
export interface Reply {
  readonly jsonrpc: "2.0";
  readonly id: number | null;
  readonly result?: unknown;
  readonly error?: RpcFailure;
}

export interface RpcFailure {
  readonly code: number;
  readonly message: string;
  readonly data?: { readonly kind?: string; readonly hint?: string };
}

/** The server cannot be talked to; the message says to which and what to try. */
export class ConnectionError extends Error {
  override readonly name = "ConnectionError";
}

/** One WebSocket to a server; requests are answered by id. */
export interface Connection extends Disposable {
  /** @throws {ConnectionError} when no reply comes in time. */
  request(message: { readonly id: number; readonly method: string; readonly params?: unknown }): Promise<Reply>;
}

/**
 * Connects to a server.
 *
 * @param timeoutMs milliseconds that connecting, and then each reply, may take
 * @param token API key or access token to send, in the handshake alone
 * @throws {ConnectionError} when it cannot be reached.
 */
export async function connect(url: string, timeoutMs: number, token?: string): Promise<Connection> {
  // Deno's takes headers; the types that packages bring along know only the browsers', which do not.
  const Socket = WebSocket as unknown as new (url: string, options: { readonly headers: HeadersInit }) => WebSocket;
  const socket = new Socket(url, { headers: token === undefined ? {} : { authorization: `Bearer ${token}` } });
  const waiting = new Map<number, PromiseWithResolvers<Reply>>();
  const opened = Promise.withResolvers<void>();
  let lost = "";
  const fail = (reason: string) => {
    lost ||= reason;
    const error = new ConnectionError(reason);
    opened.reject(error);
    for (const { reject } of waiting.values()) reject(error);
  };
  socket.onopen = () => opened.resolve();
  socket.onerror = (event) => {
    const reason = event instanceof ErrorEvent && event.message ? event.message : "no answer";
    const hint = hintFor(reason, token !== undefined);
    fail(`Cannot reach ${url}: ${reason}. ${hint}`);
  };
  socket.onclose = ({ code, reason }) => fail(`${url} closed the connection (${code}${reason && `: ${reason}`})`);
  socket.onmessage = ({ data }) => {
    const reply = readReply(String(data));
    if (reply && reply.id !== null) waiting.get(reply.id)?.resolve(reply);
  };
  await within(timeoutMs, opened.promise, `Cannot reach ${url}: no answer in ${timeoutMs} ms`).catch((error) => {
    socket.close();
    throw error;
  });
  return {
    async request(message) {
      if (lost) throw new ConnectionError(lost);
      const answer = Promise.withResolvers<Reply>();
      waiting.set(message.id, answer);
      socket.send(JSON.stringify({ jsonrpc: "2.0", ...message }));
      try {
        return await within(timeoutMs, answer.promise, `No reply to ${message.method} in ${timeoutMs} ms`);
      } finally {
        waiting.delete(message.id);
      }
    },
    [Symbol.dispose]: () => socket.close(),
  };
}

/** What to try; Deno tells the status where something answered that opened no WebSocket. */
function hintFor(reason: string, hasToken: boolean): string {
  switch (/status code: (\d{3})/.exec(reason)?.[1]) {
    case "401":
      return hasToken
        ? "The server refuses this token: it is unknown, expired or revoked"
        : "The server asks who calls: give an API key or access token in MCP_TOKEN, MCP_TOKEN_FILE or --token";
    case "403":
      return "The server knows who calls, and refuses it or the host name: its log says which";
    case "429":
      return "Too many requests or refused tokens from this address: wait a minute";
  }
  return /handshake|status|101/i.test(reason)
    ? "Something answers there, but no MCP server at that path, or it refuses this client"
    : "Is the server running? Start one with: deno task dev";
}

function readReply(text: string): Reply | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function within<T>(timeoutMs: number, work: Promise<T>, otherwise: string): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new ConnectionError(otherwise)), timeoutMs);
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
