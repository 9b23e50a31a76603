import { socketWithHeaders } from "../../tests/services/socket_with_headers.ts";

/** Calls answered in a time, and how long they took in milliseconds. */
export interface Measured {
  readonly callsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export interface Load {
  readonly connections: number;
  /** Calls under way on each. */
  readonly depth: number;
  readonly seconds: number;
  /** Of the upgrade, or of each request. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** A call of `ctx.get`. */
export function printCall(id: number): string {
  return `{"jsonrpc":"2.0","id":${id},"method":"ctx.get","params":{"key":"bench"}}`;
}

/**
 * Calls `ctx.get` over WebSocket connections for some seconds, each with `depth` calls under way.
 *
 * @throws when a reply is no result: what is measured must have been done.
 */
export async function load(url: string, { connections, depth, seconds, headers = {} }: Load): Promise<Measured> {
  const sockets = await Promise.all(Array.from({ length: connections }, () => open(url, headers)));
  const tookMs: number[] = [];
  const endMs = performance.now() + seconds * 1000;
  await Promise.all(sockets.map((socket) => keepCalling(socket, depth, endMs, tookMs)));
  for (const socket of sockets) socket.close();
  return measured(tookMs, seconds);
}

/** Sums up what the calls of some seconds took. */
export function measured(tookMs: number[], seconds: number): Measured {
  tookMs.sort((a, b) => a - b);
  const at = (share: number) => tookMs[Math.min(tookMs.length - 1, Math.floor(tookMs.length * share))] ?? NaN;
  return { callsPerSecond: tookMs.length / seconds, p50Ms: at(0.5), p99Ms: at(0.99) };
}

async function open(url: string, headers: Readonly<Record<string, string>>): Promise<WebSocket> {
  const socket = socketWithHeaders(url, headers);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.onopen = () => resolve();
  socket.onerror = () => reject(new Error(`Cannot open ${url}`));
  await promise;
  return socket;
}

function keepCalling(socket: WebSocket, depth: number, endMs: number, tookMs: number[]): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const sentMs = new Map<number, number>();
  let id = 0;
  const send = () => {
    sentMs.set(++id, performance.now());
    socket.send(printCall(id));
  };
  socket.onclose = ({ code }) => reject(new Error(`The server closed a connection with ${code}`));
  socket.onmessage = ({ data }) => {
    const reply = JSON.parse(data);
    if (!reply.result) return reject(new Error(`Not a result: ${data}`));
    const nowMs = performance.now();
    const startedMs = sentMs.get(reply.id) ?? NaN;
    sentMs.delete(reply.id);
    if (nowMs < endMs) {
      tookMs.push(nowMs - startedMs);
      send();
    } else if (sentMs.size === 0) {
      socket.onclose = null;
      resolve();
    }
  };
  for (let i = 0; i < depth; i++) send();
  return promise;
}
