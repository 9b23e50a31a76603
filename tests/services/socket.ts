import { socketWithHeaders } from "./socket_with_headers.ts";

/** A WebSocket client of a test: sends texts, and hands out what comes back in its order. */
export interface TestSocket extends AsyncDisposable {
  send(text: string | ArrayBuffer): void;
  /** The next message that answers no `call`. @throws when the socket closes first, or after `timeoutMs`. */
  next(timeoutMs?: number): Promise<string>;
  /**
   * Sends a request with an id of its own and gives the reply with that id, whatever else arrives meanwhile.
   * @throws when the socket closes first, or after `timeoutMs`.
   */
  // deno-lint-ignore no-explicit-any -- Tests look into replies of every shape.
  call(method: string, params?: unknown, timeoutMs?: number): Promise<any>;
  /** Starts the closing handshake. */
  close(code?: number): void;
  /** The close event, once it comes. */
  readonly closed: Promise<CloseEvent>;
}

const TIMEOUT_MS = 20_000;

export async function openSocket(
  url: string,
  protocols: string[] = [],
  headers?: Readonly<Record<string, string>>,
): Promise<TestSocket> {
  const socket = headers ? socketWithHeaders(url, headers, protocols) : new WebSocket(url, protocols);
  const arrived: string[] = [];
  const waiting: ((text: string) => void)[] = [];
  const calling = new Map<unknown, (text: string) => void>();
  const opened = Promise.withResolvers<void>();
  const closed = Promise.withResolvers<CloseEvent>();
  socket.onopen = () => opened.resolve();
  socket.onerror = (event) => opened.reject(new Error(`Cannot open ${url}: ${(event as ErrorEvent).message}`));
  socket.onclose = (event) => closed.resolve(event);
  socket.onmessage = ({ data }) => {
    const text = String(data);
    const take = calling.get(idOf(text)) ?? waiting.shift();
    if (take) take(text);
    else arrived.push(text);
  };
  await opened.promise;

  /** What `subscribe`'s listener is given; `unsubscribe` runs in any case. */
  async function within(
    timeoutMs: number,
    subscribe: (listener: (text: string) => void) => void,
    unsubscribe: (listener: (text: string) => void) => void,
  ): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const timer = setTimeout(() => reject(new Error(`No message in ${timeoutMs} ms`)), timeoutMs);
    closed.promise.then(({ code, reason }) => reject(new Error(`The socket closed with ${code} ${reason}`)));
    subscribe(resolve);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      unsubscribe(resolve);
    }
  }

  let lastId = 0;
  return {
    send: (text) => socket.send(text),
    async next(timeoutMs = TIMEOUT_MS) {
      return arrived.shift() ?? await within(
        timeoutMs,
        (listener) => waiting.push(listener),
        (listener) => {
          if (waiting.includes(listener)) waiting.splice(waiting.indexOf(listener), 1);
        },
      );
    },
    async call(method, params, timeoutMs = TIMEOUT_MS) {
      const id = `call-${++lastId}`;
      const text = await within(
        timeoutMs,
        (listener) => {
          calling.set(id, listener);
          socket.send(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
        },
        () => calling.delete(id),
      );
      return JSON.parse(text);
    },
    close: (code) => socket.close(code),
    closed: closed.promise,
    async [Symbol.asyncDispose]() {
      socket.close();
      await closed.promise;
    },
  };
}

function idOf(text: string): unknown {
  try {
    return JSON.parse(text)?.id;
  } catch {
    return undefined;
  }
}
