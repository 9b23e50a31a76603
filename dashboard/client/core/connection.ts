/** What the page knows of its connection. */
export type ConnectionState =
  | { readonly kind: "connecting"; readonly attempt: number }
  | { readonly kind: "open" }
  /** It is tried again in so many milliseconds; `reason` is what the server said, where it said anything. */
  | { readonly kind: "closed"; readonly retryInMs: number; readonly reason: string | undefined };

/** Where to connect. */
export type Address =
  /** Good for one try. */
  | { readonly kind: "url"; readonly url: string }
  | { readonly kind: "none_now"; readonly reason: string }
  /** There will be none: nothing is tried again. */
  | { readonly kind: "none" };

/** A WebSocket that comes back by itself. */
export interface Connection {
  /** @returns false where it is not open: nothing was sent */
  send(text: string): boolean;
  /** Tries again now, where it waits to. */
  retryNow(): void;
  /** Ends it for good; nothing more is told of it. */
  close(): void;
}

export interface ConnectionOptions {
  /** Asked before each try. Never throws. */
  readonly addressOf: () => Promise<Address>;
  readonly onState: (state: ConnectionState) => void;
  readonly onMessage: (text: string) => void;
}

const CONNECT_TIMEOUT_MS = 10_000;
const RETRY_FIRST_MS = 500;
const RETRY_MAX_MS = 15_000;
/** A connection that lived so long was a good one: the next loss starts again with the first delay. */
const STEADY_MS = 5_000;

/** Connects, and connects again after each loss. */
export function connect({ addressOf, onState, onMessage }: ConnectionOptions): Connection {
  let socket: WebSocket | undefined;
  let losses = 0;
  let isOver = false;
  let retryTimer: ReturnType<typeof setTimeout> | undefined;

  async function open(): Promise<void> {
    clearTimeout(retryTimer);
    retryTimer = undefined;
    onState({ kind: "connecting", attempt: losses + 1 });
    const address = await addressOf();
    if (isOver || address.kind === "none") return;
    if (address.kind === "none_now") return lose(address.reason);
    const opening = new WebSocket(address.url);
    socket = opening;
    const timeout = setTimeout(() => opening.close(), CONNECT_TIMEOUT_MS);
    let steady: ReturnType<typeof setTimeout> | undefined;
    opening.onopen = () => {
      clearTimeout(timeout);
      steady = setTimeout(() => losses = 0, STEADY_MS);
      if (!isOver) onState({ kind: "open" });
    };
    opening.onmessage = ({ data }) => {
      if (!isOver) onMessage(String(data));
    };
    opening.onclose = ({ reason }) => {
      clearTimeout(timeout);
      clearTimeout(steady);
      socket = undefined;
      if (!isOver) lose(reason || undefined);
    };
  }

  function lose(reason: string | undefined): void {
    const retryInMs = retryDelayMs(losses++);
    retryTimer = setTimeout(open, retryInMs);
    onState({ kind: "closed", retryInMs, reason });
  }

  open();
  return {
    send(text) {
      if (socket?.readyState !== WebSocket.OPEN) return false;
      socket.send(text);
      return true;
    },
    retryNow() {
      if (retryTimer !== undefined) open();
    },
    close() {
      isOver = true;
      clearTimeout(retryTimer);
      socket?.close();
    },
  };
}

/** Doubles with each loss, with a quarter of it left to chance, so that many pages do not come back at once. */
function retryDelayMs(losses: number): number {
  const delayMs = Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** losses);
  return delayMs * (0.75 + Math.random() / 4);
}
