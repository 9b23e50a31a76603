/** A proxy of a test that gives each connection's requests to its targets in turn: no two in a row to the same one. */
export interface RoundRobinProxy extends AsyncDisposable {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  /** Which target each request went to so far, by its place. */
  readonly chosen: readonly number[];
  /** Codes that targets closed WebSockets with whose clients had not closed them, in their order. */
  readonly closeCodes: readonly number[];
  /** From now on this one gets nothing, as when a load balancer has seen it fail. */
  remove(place: number): void;
  /** Resolves when requests go to this one, or to it no more. @throws after 30 s */
  inRotation(place: number, isIn: boolean): Promise<void>;
  /** Closes what clients that have gone have left open; resolves when nothing is. */
  hangUp(): Promise<void>;
  /** Breaks off every answer to this method that is on its way, as when a network does; the targets go on. */
  breakStreams(method: string): void;
}

/** A target that takes longer to say so is not ready. */
const READY_MS_MAX = 2000;
const ROTATION_MS_MAX = 30_000;

/** Hop-by-hop: `fetch` sets them anew. */
const DROPPED = ["connection", "content-length", "keep-alive", "transfer-encoding"];

/**
 * Listens on a free port of 127.0.0.1 without stickiness. A client that goes away is told on to its target; a target
 * that breaks off breaks the client's answer off.
 *
 * @param targets `http://127.0.0.1:<port>` each
 * @param readyEveryMs asks each target so often whether it is `/ready`, and sends nothing to one that is not; never where
 * left out
 */
export function startRoundRobin(
  targets: readonly string[],
  { readyEveryMs }: { readonly readyEveryMs?: number } = {},
): RoundRobinProxy {
  const chosen: number[] = [];
  const closeCodes: number[] = [];
  const removed = new Set<number>();
  const unready = new Set(readyEveryMs === undefined ? [] : targets.keys());
  const sockets: Promise<unknown>[] = [];
  const piping = new Set<Promise<void>>();
  /** With the method whose answer it is. */
  const open = new Map<TransformStreamDefaultController<Uint8Array>, string>();
  let turn = 0;
  const isTaken = (place: number) => !removed.has(place) && !unready.has(place);
  const next = () => {
    const left = targets.map((_, place) => place).filter(isTaken);
    const place = left[turn++ % left.length];
    if (place === undefined) throw new Error("No target is left");
    chosen.push(place);
    return targets[place] ?? "";
  };

  // A target that looks at the Host which the client named must see it.
  const client = Deno.createHttpClient({ allowHost: true });
  const pipe = (body: ReadableStream<Uint8Array>, method: string) => {
    let controller: TransformStreamDefaultController<Uint8Array>;
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>({
      start: (started) => void open.set(controller = started, method),
    });
    // A stream that broke has told its reader.
    const piped = body.pipeTo(writable).catch(() => {}).finally(() => {
      open.delete(controller);
      piping.delete(piped);
    });
    piping.add(piped);
    return readable;
  };

  const breakOff = (isMeant: (method: string) => boolean) => {
    for (const [controller, method] of open) {
      if (isMeant(method)) controller.error(new Error("The network broke"));
    }
  };

  const stop = new AbortController();
  const watching = readyEveryMs === undefined ? [] : targets.map(async (target, place) => {
    while (!stop.signal.aborted) {
      if (await isReady(target, stop.signal)) unready.delete(place);
      else unready.add(place);
      await new Promise((resolve) => setTimeout(resolve, readyEveryMs));
    }
  });
  const listen = { hostname: "127.0.0.1", port: 0, onListen: () => {}, signal: stop.signal };
  const listener = Deno.serve(listen, async (request) => {
    const { pathname, search } = new URL(request.url);
    const target = next();
    if (request.headers.get("upgrade") === "websocket") {
      const protocols = request.headers.get("sec-websocket-protocol")?.split(/, */) ?? [];
      const { response, closed } = joinSockets(
        request,
        `${target.replace("http", "ws")}${pathname}${search}`,
        protocols,
        (code) => closeCodes.push(code),
      );
      sockets.push(closed);
      return response;
    }
    const headers = new Headers(request.headers);
    for (const name of DROPPED) headers.delete(name);
    try {
      const response = await fetch(`${target}${pathname}${search}`, {
        ...{ method: request.method, headers, signal: request.signal, redirect: "manual", client },
        ...(request.body && { body: await request.arrayBuffer() }),
      });
      return new Response(response.body && pipe(response.body, request.method), response);
    } catch {
      return new Response("The target is away", { status: 502 });
    }
  });
  return {
    url: `http://127.0.0.1:${listener.addr.port}`,
    chosen,
    closeCodes,
    remove: (place) => void removed.add(place),
    async inRotation(place, isIn) {
      const deadline = performance.now() + ROTATION_MS_MAX;
      while (isTaken(place) !== isIn) {
        if (performance.now() > deadline) throw new Error(`Target ${place} is ${isIn ? "not" : "still"} in rotation`);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    },
    breakStreams: (method) => breakOff((answered) => answered === method),
    async hangUp() {
      breakOff(() => true);
      await Promise.all([...piping, ...sockets]);
    },
    async [Symbol.asyncDispose]() {
      // A client may have left a stream open, which an orderly shutdown would wait for.
      stop.abort();
      await Promise.all([listener.finished, ...watching]);
      client.close();
    },
  };
}

async function isReady(target: string, stopped: AbortSignal): Promise<boolean> {
  try {
    const signal = AbortSignal.any([stopped, AbortSignal.timeout(READY_MS_MAX)]);
    const response = await fetch(`${target}/ready`, { signal });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}

function joinSockets(
  request: Request,
  url: string,
  protocols: readonly string[],
  onTargetClosed: (code: number) => void,
) {
  const [first] = protocols;
  const { socket: client, response } = Deno.upgradeWebSocket(request, first === undefined ? {} : { protocol: first });
  const server = new WebSocket(url, [...protocols]);
  const waiting: string[] = [];
  client.onmessage = ({ data }) => {
    if (server.readyState === WebSocket.OPEN) server.send(data);
    else waiting.push(data);
  };
  server.onopen = () => waiting.splice(0).forEach((text) => server.send(text));
  server.onmessage = ({ data }) => client.send(data);
  const closed = Promise.all([
    new Promise<void>((resolve) =>
      server.onclose = ({ code, reason }) => {
        if (client.readyState === WebSocket.OPEN) onTargetClosed(code);
        client.close(code === 1006 || code === 1005 ? 1000 : code, reason);
        resolve();
      }
    ),
    new Promise<void>((resolve) =>
      client.onclose = () => {
        server.close();
        resolve();
      }
    ),
  ]);
  server.onerror = client.onerror = () => {};
  return { response, closed };
}
