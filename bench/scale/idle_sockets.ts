import { residentMiB, threadsMs } from "../load/process_cost.ts";
import { startProduct, startSocketEcho, type Subject } from "./subjects.ts";

const CALL = '{"jsonrpc":"2.0","id":1,"method":"ctx.get","params":{"key":"bench"}}';
/** Handshakes under way at once. */
const BATCH = 200;
/** At least one ping a socket at the default IDLE_SECONDS of 30. */
const IDLE_MS = 20_000;

/** So many sockets, each with one call behind it, and then silent: of the product and of a bare echo. */
export async function idleSockets(count: number): Promise<Readonly<Record<string, number>>> {
  await using folder = await temporary();
  const bounds = { CONNECTIONS_MAX: "20000", CONNECTIONS_PER_PRINCIPAL_MAX: "20000", FIRST_MESSAGE_MS: "300000" };
  const ours = await held(await startProduct({ ...bounds, DATA_DIR: folder.path }), count);
  const raw = await held(await startSocketEcho(), count);
  return {
    "KiB a socket": ours.kib,
    "KiB a socket, raw": raw.kib,
    "s to connect": ours.connectS,
    "s to connect, raw": raw.connectS,
    "processor, % of a core": ours.percent,
    "processor, raw": raw.percent,
  };
}

async function held(subject: Subject, count: number) {
  await using _ = subject;
  // What the first ones cost, in code that is compiled and buffers that grow, is not theirs.
  const sockets = await open(subject.socketUrl, BATCH);
  await pause(1000);
  const [beforeMiB, startedMs] = [residentMiB(subject.pid), performance.now()];
  for (let opened = 0; opened < count; opened += BATCH) {
    sockets.push(...await open(subject.socketUrl, Math.min(BATCH, count - opened)));
  }
  const connectS = (performance.now() - startedMs) / 1000;
  await pause(2000);
  const usedMs = threadsMs(subject.pid);
  await pause(IDLE_MS);
  const percent = (threadsMs(subject.pid) - usedMs) / IDLE_MS * 100;
  const lost = sockets.filter(({ readyState }) => readyState !== WebSocket.OPEN).length;
  if (lost > 0) throw new Error(`${lost} of ${sockets.length} sockets were closed`);
  const kib = (residentMiB(subject.pid) - beforeMiB) * 1024 / count;
  const closed = sockets.map((socket) => new Promise((resolve) => socket.onclose = resolve));
  for (const socket of sockets) socket.close();
  await Promise.all(closed);
  return { kib, connectS, percent };
}

function open(url: string, count: number): Promise<WebSocket[]> {
  return Promise.all(Array.from({ length: count }, async () => {
    const socket = new WebSocket(url);
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    socket.onopen = () => socket.send(CALL);
    socket.onmessage = resolve;
    socket.onerror = () => reject(new Error(`Cannot open ${url}`));
    await promise;
    socket.onmessage = null;
    return socket;
  }));
}

export async function temporary(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await Deno.makeTempDir({ prefix: "scale-" });
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
