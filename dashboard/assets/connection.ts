/** What the page knows of its connection. */
export type ConnectionState =
  | { readonly kind: "connecting"; readonly attempt: number }
  | { readonly kind: "open" }
  /** It is tried again in so many milliseconds. */
  | { readonly kind: "closed"; readonly retryInMs: number };

/** A WebSocket that comes back by itself. */
export interface Connection {
  /** @returns false where it is not open: nothing was sent */
  send(text: string): boolean;
  /** Tries again now, where it waits to. */
  retryNow(): void;
}

export interface ConnectionOptions {
  readonly url: string;
  readonly onState: (state: ConnectionState) => void;
  readonly onMessage: (text: string) => void;
}

const CONNECT_TIMEOUT_MS = 10_000;
const RETRY_FIRST_MS = 500;
const RETRY_MAX_MS = 15_000;
/** A connection that lived so long was a good one: the next loss starts again with the first delay. */
const STEADY_MS = 5_000;

/** Connects, and connects again after each loss. */
export function connect({ url, onState, onMessage }: ConnectionOptions): Connection {
  let socket: WebSocket | undefined;
  let losses = 0;
  let retryTimer: ReturnType<typeof setTimeout> | undefined;

  function open(): void {
    clearTimeout(retryTimer);
    retryTimer = undefined;
    onState({ kind: "connecting", attempt: losses + 1 });
    const opening = new WebSocket(url);
    const timeout = setTimeout(() => opening.close(), CONNECT_TIMEOUT_MS);
    let steady: ReturnType<typeof setTimeout> | undefined;
    opening.onopen = () => {
      clearTimeout(timeout);
      steady = setTimeout(() => losses = 0, STEADY_MS);
      socket = opening;
      onState({ kind: "open" });
    };
    opening.onmessage = ({ data }) => onMessage(String(data));
    opening.onclose = () => {
      clearTimeout(timeout);
      clearTimeout(steady);
      socket = undefined;
      const retryInMs = retryDelayMs(losses++);
      retryTimer = setTimeout(open, retryInMs);
      onState({ kind: "closed", retryInMs });
    };
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
  };
}

/** Doubles with each loss, with a quarter of it left to chance, so that many pages do not come back at once. */
function retryDelayMs(losses: number): number {
  const delayMs = Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** losses);
  return delayMs * (0.75 + Math.random() / 4);
}
