/** How soon a client that lost its stream comes back, in milliseconds. */
const RETRY_MS = 1000;
/** Proxies end a connection on which nothing comes for a minute or so. */
const KEEP_ALIVE_MS = 15_000;
/** Messages that may wait for a client that does not read. */
const UNREAD_MAX = 1000;

/** A stream of server-sent events to one client. */
export interface EventStream {
  readonly response: Response;
  /** The client reads no more: it has gone, or the stream was closed. */
  readonly closed: boolean;
  /** @param id left out of what cannot be sent again. A client that leaves too much unread is cut off. */
  write(id: string | undefined, data: string): void;
  close(): void;
}

/**
 * @param firstId of an event without data that comes first, so that a client can come back from the very beginning
 * @param onGone told once when the client has gone, or the stream is closed
 */
export function openEventStream(firstId: string | undefined, onGone: () => void = () => {}): EventStream {
  const encoder = new TextEncoder();
  let controller: ReadableStreamDefaultController<Uint8Array>;
  let isClosed = false;
  const enqueue = (text: string) => controller.enqueue(encoder.encode(text));
  const keepAlive = setInterval(() => enqueue(": keep-alive\n\n"), KEEP_ALIVE_MS);
  const leave = () => {
    if (isClosed) return;
    isClosed = true;
    clearInterval(keepAlive);
    onGone();
  };
  const close = () => {
    if (isClosed) return;
    leave();
    controller.close();
  };
  const body = new ReadableStream<Uint8Array>({
    start(opened) {
      controller = opened;
      if (firstId !== undefined) enqueue(`id: ${firstId}\nretry: ${RETRY_MS}\ndata: \n\n`);
    },
    cancel: leave,
  });
  return {
    response: new Response(body, {
      headers: {
        "content-type": "text/event-stream",
        "cache-control": "no-cache, no-transform",
        "x-accel-buffering": "no",
      },
    }),
    get closed() {
      return isClosed;
    },
    write(id, data) {
      if (isClosed) return;
      if ((controller.desiredSize ?? 0) < -UNREAD_MAX) return close();
      enqueue(`${id === undefined ? "" : `id: ${id}\n`}data: ${data}\n\n`);
    },
    close,
  };
}
