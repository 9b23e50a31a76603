import type { Subject } from "./subjects.ts";

/** One socket that calls one after another; a reply that is no result is an error. */
export interface Caller extends AsyncDisposable {
  call(method: string, params: Readonly<Record<string, unknown>>): Promise<string>;
  /** Milliseconds of the middle one of so many calls. */
  median(times: number, method: string, params: (i: number) => Readonly<Record<string, unknown>>): Promise<number>;
}

export async function openCaller({ socketUrl }: Pick<Subject, "socketUrl">): Promise<Caller> {
  const socket = new WebSocket(socketUrl);
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = () => reject(new Error(`Cannot open ${socketUrl}`));
  });
  let id = 0;
  const call: Caller["call"] = (method, params) => {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    socket.onclose = ({ code }) => reject(new Error(`The server closed the connection with ${code}`));
    socket.onmessage = ({ data }) =>
      /^\{"jsonrpc":"2.0","id":\d+,"result"/.test(data)
        ? resolve(data)
        : reject(new Error(`Not a result: ${data.slice(0, 500)}`));
    socket.send(JSON.stringify({ jsonrpc: "2.0", id: ++id, method, params }));
    return promise;
  };
  return {
    call,
    async median(times, method, params) {
      const tookMs = [];
      for (let i = 0; i < times; i++) {
        const startedMs = performance.now();
        await call(method, params(i));
        tookMs.push(performance.now() - startedMs);
      }
      return tookMs.sort((a, b) => a - b)[times >> 1] ?? NaN;
    },
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => socket.onclose = resolve);
      socket.close();
      await closed;
    },
  };
}
