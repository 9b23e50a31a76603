import type { Lifecycle } from "./lifecycle.ts";
import type { Log } from "./log.ts";
import type { Sockets } from "./websocket.ts";

/** At the end only replies on their way and peers that stall in the middle of a request are left: no longer than this. */
const SHUTDOWN_WAIT_MS = 1000;
/** Calls that do not end get what is left of the deadline beside this: a third, and no more than is of use. */
const FLUSH_SHARE = 1 / 3;
const FLUSH_MS_MAX = 5000;

export interface StopOptions {
  readonly lifecycle: Lifecycle;
  readonly sockets: Pick<Sockets, "size" | "closeIdle" | "closeAll">;
  /** End after the sockets. */
  readonly streams: AsyncDisposable;
  readonly listener: Pick<Deno.HttpServer, "shutdown">;
  /** Stores and outside systems; disposing flushes the audit log. */
  readonly resources: AsyncDisposable;
  /** Milliseconds in which calls are still taken while `/ready` says no already; they come before `drainMs`. */
  readonly delayMs: number;
  readonly drainMs: number;
  readonly log: Log;
}

/**
 * The orderly stop: be taken out of rotation, refuse what is new, let running calls end, close each socket with 1001 once
 * nothing of it is under way, then the listener, then flush and close the stores; all of it within the deadline. Calls that do not end are left behind in time for the rest:
 * the close cancels those of sockets, and what is on its way to the audit log is still flushed.
 *
 * @returns whether it ended in order and in time.
 */
export async function stop(options: StopOptions): Promise<boolean> {
  const { lifecycle, sockets, streams, listener, resources, delayMs, drainMs, log } = options;
  if (delayMs > 0) {
    lifecycle.leave();
    log.info(`Leaving: calls are taken for another ${delayMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, delayMs));
  }
  log.info(`Stopping: ${lifecycle.inFlight} calls in flight, ${sockets.size} connections`);
  const callsMs = drainMs - Math.min(drainMs * FLUSH_SHARE, FLUSH_MS_MAX);
  const inOrder = async () => {
    const drained = lifecycle.drain();
    // Whoever waits for nothing meets no refusal: it is told to go elsewhere before it asks.
    sockets.closeIdle();
    const ended = await endsWithin(callsMs, drained);
    if (!ended) {
      log.error(`${lifecycle.inFlight} calls did not end within ${Math.round(callsMs)} ms and are left behind`);
    }
    // shutdown() would cut the sockets off itself, with replies still on their way.
    await sockets.closeAll();
    // An open stream would keep shutdown() waiting.
    await streams[Symbol.asyncDispose]();
    await endsWithin(SHUTDOWN_WAIT_MS, listener.shutdown());
    await resources[Symbol.asyncDispose]();
    return ended;
  };
  try {
    const stopping = inOrder();
    const inTime = await endsWithin(drainMs, stopping);
    if (!inTime) {
      log.error(`Stopped after ${drainMs} ms with ${lifecycle.inFlight} calls still in flight`);
      return false;
    }
    log.info("Stopped");
    return await stopping;
  } catch (error) {
    log.error("The stop failed", { error });
    return false;
  }
}

async function endsWithin(ms: number, work: Promise<unknown>): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<false>();
  const timer = setTimeout(() => resolve(false), ms);
  try {
    return await Promise.race([work.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Ends the process in order on SIGTERM or SIGINT: exit code 0 in order, 1 past the deadline. */
export function stopOnSignals(options: StopOptions): void {
  let stopping = false;
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    Deno.addSignalListener(signal, async () => {
      if (stopping) return;
      stopping = true;
      Deno.exit(await stop(options) ? 0 : 1);
    });
  }
}
