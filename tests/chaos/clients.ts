/** Milliseconds that a connection may take to open. */
const OPEN_MS = 5000;

/** A way to one server for a load's calls; several may be under way at once. */
export interface Client extends AsyncDisposable {
  /** False once it is of no more use. */
  readonly open: boolean;
  /** Sends a request. @returns the text of its reply; `undefined` when the connection went away first. Never rejects. */
  call(id: number, text: string): Promise<string | undefined>;
  /** Gives up what is under way. */
  abandon(): void;
}

/** Opens a WebSocket. @returns `undefined` when there is nobody, or no room. */
export async function openSocketClient(url: string): Promise<Client | undefined> {
  const socket = new WebSocket(url);
  const waiting = new Map<number, (text: string | undefined) => void>();
  const opened = Promise.withResolvers<boolean>();
  const closed = Promise.withResolvers<void>();
  let open = true;
  const timer = setTimeout(() => socket.close(), OPEN_MS);
  const abandon = () => {
    open = false;
    for (const resolve of waiting.values()) resolve(undefined);
    waiting.clear();
  };
  socket.onopen = () => opened.resolve(true);
  socket.onerror = () => opened.resolve(false);
  socket.onclose = () => {
    opened.resolve(false);
    closed.resolve();
    abandon();
  };
  socket.onmessage = ({ data }) => {
    // A reply begins with {"jsonrpc":"2.0","id":…; the ledger reads the rest.
    const id = Number(/"id":(\d+)/.exec(String(data))?.[1]);
    waiting.get(id)?.(String(data));
    waiting.delete(id);
  };
  const isOpen = await opened.promise;
  clearTimeout(timer);
  const client: Client = {
    get open() {
      return open;
    },
    call(id, text) {
      if (!open) return Promise.resolve(undefined);
      const { promise, resolve } = Promise.withResolvers<string | undefined>();
      waiting.set(id, resolve);
      socket.send(text);
      return promise;
    },
    abandon,
    async [Symbol.asyncDispose]() {
      abandon();
      socket.close();
      await closed.promise;
    },
  };
  if (isOpen) return client;
  await client[Symbol.asyncDispose]();
  return undefined;
}

/** A client that posts each call by itself, over connections that are kept alive. */
export function openHttpClient(url: string): Client {
  const client = Deno.createHttpClient({});
  const given = new AbortController();
  return {
    open: true,
    async call(_, body) {
      try {
        const init = { method: "POST", headers: { "content-type": "application/json" }, body, signal: given.signal };
        const response = await fetch(`${url}/mcp`, { ...init, client });
        const text = await response.text();
        // 503: turned away at the door, before it was a call.
        return response.status === 503 ? undefined : text;
      } catch {
        return undefined;
      }
    },
    abandon: () => given.abort(),
    [Symbol.asyncDispose]() {
      given.abort();
      client.close();
      return Promise.resolve();
    },
  };
}
