/** A WebSocket client of a test: sends texts, and hands out what comes back in its order. */
export interface TestSocket extends AsyncDisposable {
  send(text: string): void;
  /** The next message. @throws when the socket closes first, or after `timeoutMs`. */
  next(timeoutMs?: number): Promise<string>;
  /** Sends a request and gives the reply with its id. */
  // deno-lint-ignore no-explicit-any -- Tests look into replies of every shape.
  call(method: string, params?: unknown): Promise<any>;
  /** The close event, once it comes. */
  readonly closed: Promise<CloseEvent>;
}

export async function openSocket(url: string, protocols: string[] = []): Promise<TestSocket> {
  const socket = new WebSocket(url, protocols);
  const arrived: string[] = [];
  const waiting: ((text: string) => void)[] = [];
  const opened = Promise.withResolvers<void>();
  const closed = Promise.withResolvers<CloseEvent>();
  socket.onopen = () => opened.resolve();
  socket.onerror = (event) => opened.reject(new Error(`Cannot open ${url}: ${(event as ErrorEvent).message}`));
  socket.onclose = (event) => closed.resolve(event);
  socket.onmessage = ({ data }) => {
    const waiter = waiting.shift();
    if (waiter) waiter(String(data));
    else arrived.push(String(data));
  };
  await opened.promise;
  let id = 0;
  const next = async (timeoutMs = 20_000) => {
    const text = arrived.shift();
    if (text !== undefined) return text;
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    waiting.push(resolve);
    const timer = setTimeout(() => reject(new Error(`No message in ${timeoutMs} ms`)), timeoutMs);
    closed.promise.then(({ code }) => reject(new Error(`The socket closed with ${code}`)));
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
    }
  };
  return {
    send: (text) => socket.send(text),
    next,
    async call(method, params) {
      socket.send(JSON.stringify({ jsonrpc: "2.0", id: ++id, method, params }));
      return JSON.parse(await next());
    },
    closed: closed.promise,
    async [Symbol.asyncDispose]() {
      socket.close();
      await closed.promise;
    },
  };
}
