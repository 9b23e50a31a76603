import { Deadlines } from "../storage/deadlines.ts";

/**
 * A request that has been under way for so long is asked whether its client is still there. To ask costs a tenth of a
 * call, and most are answered before anybody could hang up.
 */
const ASKED_AFTER_MS = 100;

/** What a request's work is given to hear of its client's going. */
export interface HangUp extends Disposable {
  /** Aborts when the client has hung up, at the earliest a moment after the request came. */
  readonly signal: AbortSignal;
}

/** Listens for clients that hang up. Dispose what it gives as soon as the work is done, and before a reply streams. */
export function createHangUps(): (request: Request) => HangUp {
  const deadlines = new Deadlines(ASKED_AFTER_MS);
  return (request) => {
    const controller = new AbortController();
    const abort = () => controller.abort();
    // Of a client that has gone before it was asked for, this tells a moment later.
    const deadline = deadlines.begin(() => request.signal.addEventListener("abort", abort, { once: true }));
    return { signal: controller.signal, [Symbol.dispose]: () => deadlines.end(deadline) };
  };
}
