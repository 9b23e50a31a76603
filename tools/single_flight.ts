/** A load that some wait for. */
interface Flight<T> {
  readonly value: Promise<T>;
  readonly controller: AbortController;
  waiting: number;
}

/**
 * Equal reads at once become one. One of those who wait may go away and the others still get the answer; the load is
 * stopped once nobody waits for it. Whatever tells readers apart, such as an identity, belongs into the key.
 */
export class SingleFlight<T> {
  readonly #flights = new Map<string, Flight<T>>();

  /**
   * The answer of the load that runs for this key, or else of `load`.
   *
   * @param load is given a signal that aborts when everybody has gone away
   * @throws the reason of `signal`, or what the load throws
   */
  async run(key: string, signal: AbortSignal, load: (signal: AbortSignal) => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    const flight = this.#flights.get(key) ?? this.#start(key, load);
    flight.waiting++;
    try {
      return await untilAborted(flight.value, signal);
    } finally {
      flight.waiting--;
      if (flight.waiting === 0) {
        this.#end(key, flight);
        flight.controller.abort(signal.reason);
      }
    }
  }

  #start(key: string, load: (signal: AbortSignal) => Promise<T>): Flight<T> {
    const controller = new AbortController();
    const value = Promise.try(load, controller.signal);
    const flight: Flight<T> = { value, controller, waiting: 0 };
    this.#flights.set(key, flight);
    const end = () => this.#end(key, flight);
    value.then(end, end);
    return flight;
  }

  #end(key: string, flight: Flight<T>): void {
    if (this.#flights.get(key) === flight) this.#flights.delete(key);
  }
}

/** @throws the signal's reason as soon as it aborts */
export async function untilAborted<T>(shared: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([aborted, shared]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
