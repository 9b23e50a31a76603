import { setTimeout as pause } from "node:timers/promises";
import { type Client, openHttpClient, openSocketClient } from "./clients.ts";
import { type Ledger, REFUSALS } from "./ledger.ts";
import { requestText } from "./requests.ts";

/** A client that was refused for now, or lost its connection, comes back after this. */
const BACK_OFF_MS = 50;
const UNAVAILABLE = -32004;
/** Milliseconds for the answers that are due when the load ends: above every deadline of the server's stores. */
const ANSWERS_MS = 20_000;

export interface LoadOptions {
  readonly servers: readonly { readonly url: string; readonly socketUrl: string }[];
  readonly ledger: Ledger;
  readonly socketsPerServer: number;
  /** Calls that a connection has under way. */
  readonly depth: number;
  /** Milliseconds between an answer and the next call in its place; none where left out. */
  readonly thinkMs?: number;
}

/** Clients that call without a pause until they are stopped or the ledger is full. */
export interface Load extends AsyncDisposable {
  /** Sends nothing more and waits for what is due; calls without an answer by then stay `waiting` in the ledger. */
  stop(): Promise<void>;
}

/** Starts some WebSocket clients a server, and one over HTTP. */
export function startLoad({ servers, ledger, socketsPerServer, depth, thinkMs = 0 }: LoadOptions): Load {
  const clients = new Set<Client>();
  let stopping = false;
  let late = false;
  const running = () => !stopping && !ledger.isFull;

  /** One call after the other, over a client for as long as it is open. */
  async function keepCalling(client: Client): Promise<void> {
    while (running() && client.open) {
      const restMs = await makeCall(client, ledger, () => late) ? thinkMs : BACK_OFF_MS;
      if (restMs > 0 && running()) await pause(restMs);
    }
  }

  async function useClient(client: Client): Promise<void> {
    clients.add(client);
    await Promise.all(Array.from({ length: depth }, () => keepCalling(client)));
    clients.delete(client);
    await client[Symbol.asyncDispose]();
  }

  async function keepConnected(socketUrl: string): Promise<void> {
    while (running()) {
      const client = await openSocketClient(socketUrl);
      if (client) await useClient(client);
      if (running()) await pause(BACK_OFF_MS);
    }
  }

  const all = Promise.all(servers.flatMap(({ url, socketUrl }) => [
    ...Array.from({ length: socketsPerServer }, () => keepConnected(socketUrl)),
    useClient(openHttpClient(url)),
  ]));
  const stop = async () => {
    stopping = true;
    const timer = setTimeout(() => {
      late = true;
      for (const client of clients) client.abandon();
    }, ANSWERS_MS);
    await all;
    clearTimeout(timer);
  };
  return { stop, [Symbol.asyncDispose]: stop };
}

/**
 * Makes one call and enters it into the ledger.
 *
 * @param isLate whether it was given up on, rather than its connection lost
 * @returns whether it was answered, and not refused for now
 */
export async function makeCall(client: Client, ledger: Ledger, isLate = () => false): Promise<boolean> {
  const call = ledger.open();
  const text = await client.call(call, requestText(call, ledger.marker(call)));
  if (text === undefined) {
    if (!isLate()) ledger.lose(call);
    return false;
  }
  const code = ledger.answer(call, text);
  return code === undefined || !(code === UNAVAILABLE || REFUSALS.has(code));
}
