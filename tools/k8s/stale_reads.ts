import { ToolError } from "../error.ts";
import { SingleFlight } from "../single_flight.ts";

/** A value and how old it is. */
export interface Aged<T> {
  readonly value: T;
  /** Whole seconds; 0 for one that was read for this call. */
  readonly ageSeconds: number;
}

export interface StaleReadsOptions {
  readonly entriesMax: number;
  /** A value younger than this is given again as it is. */
  readonly freshMs: number;
  /** An older one is given once more while it is read anew; from this age on the reader waits. */
  readonly staleMs: number;
  /** A clock in milliseconds that only goes forward. */
  readonly elapsed: () => number;
}

interface Entry<T> {
  readonly value: T;
  readonly atMs: number;
}

/** Values that are given while they are read anew. Whatever tells readers apart belongs into the key. */
export class StaleReads<T> implements Disposable {
  readonly #entries = new Map<string, Entry<T>>();
  readonly #flights = new SingleFlight<T>();
  readonly #closing = new AbortController();
  readonly #options: StaleReadsOptions;

  constructor(options: StaleReadsOptions) {
    this.#options = options;
  }

  /** @throws what `load` throws, or the reason of the signal. */
  async read(key: string, signal: AbortSignal, load: (signal: AbortSignal) => Promise<T>): Promise<Aged<T>> {
    const { elapsed, freshMs, staleMs } = this.#options;
    const kept = this.#entries.get(key);
    const ageMs = kept ? elapsed() - kept.atMs : Infinity;
    const loadAndKeep = (signal: AbortSignal) => this.#load(key, signal, load);
    if (kept && ageMs < staleMs) {
      if (ageMs >= freshMs) this.#readAnew(key, loadAndKeep);
      return { value: kept.value, ageSeconds: Math.floor(ageMs / 1000) };
    }
    return { value: await this.#flights.run(key, signal, loadAndKeep), ageSeconds: 0 };
  }

  [Symbol.dispose](): void {
    this.#closing.abort(new ToolError("unavailable", "The connection to the cluster is closed"));
    this.#entries.clear();
  }

  /** What cannot be read any more is not given any more either: the next reader is told why. */
  #readAnew(key: string, load: (signal: AbortSignal) => Promise<T>): void {
    this.#flights.run(key, this.#closing.signal, load).catch(() => this.#entries.delete(key));
  }

  async #load(key: string, signal: AbortSignal, load: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const value = await load(signal);
    this.#entries.delete(key); // So that the newest stands last.
    this.#entries.set(key, { value, atMs: this.#options.elapsed() });
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > this.#options.entriesMax && oldest !== undefined) this.#entries.delete(oldest);
    return value;
  }
}
