/** An address of this machine that answers nothing: whoever connects waits until it gives up. */
export interface BlackHole extends Disposable {
  readonly port: number;
}

const ATTEMPTS_MAX = 64;
/** A connection on this machine is there in less than a millisecond, or its packets are dropped. */
const CONNECT_MS = 500;

/** Fills the backlog of a socket that takes no connection: the system drops every further one without a word. */
export async function openBlackHole(): Promise<BlackHole> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0, tcpBacklog: 1 });
  const { port } = listener.addr;
  const filling: Deno.Conn[] = [];
  const close = () => {
    for (const connection of filling) connection.close();
    listener.close();
  };
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const connection = await connect(port);
    if (connection === undefined) return { port, [Symbol.dispose]: close };
    filling.push(connection);
  }
  close();
  throw new Error(`Cannot make a black hole: ${ATTEMPTS_MAX} connections were taken`);
}

async function connect(port: number): Promise<Deno.Conn | undefined> {
  try {
    return await Deno.connect({ hostname: "127.0.0.1", port, signal: AbortSignal.timeout(CONNECT_MS) });
  } catch {
    return undefined;
  }
}
