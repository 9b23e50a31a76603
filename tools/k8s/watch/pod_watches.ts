import { PodWatch, type PodWatchState, type WatchedApi, type WatchedPods, type WatchTiming } from "./pod_watch.ts";

/** Namespaces whose pods may be watched. */
export type WatchChoice = "every" | readonly string[];

export interface PodWatchesOptions {
  readonly api: WatchedApi;
  readonly namespaces: WatchChoice;
  /** A clock in milliseconds that only goes forward. */
  readonly elapsed: () => number;
  /** Told of watches that do not come about. */
  readonly warn: (message: string) => void;
  /** For tests. */
  readonly timing?: Partial<WatchesTiming>;
}

export interface WatchesTiming extends WatchTiming {
  /** A namespace that nobody asks for is not watched any longer. */
  readonly idleMsMax: number;
}

/** What all of it holds is bounded by these: a pod's name, status and ready are some 200 bytes. */
const NAMESPACES_MAX = 20;
const PODS_MAX = 10_000;
const TIMING: WatchesTiming = {
  brokenMsMax: 10_000,
  silenceMsMax: 150_000,
  backoffMsMin: 500,
  backoffMsMax: 30_000,
  idleMsMax: 600_000,
};

interface Watched {
  readonly watch: PodWatch;
  askedMs: number;
}

/** The watches of one cluster's pods, a namespace each: begun when it was listed, ended when nobody asks any more. */
export class PodWatches implements AsyncDisposable {
  readonly #options: PodWatchesOptions;
  readonly #timing: WatchesTiming;
  readonly #watched = new Map<string, Watched>();
  readonly #ending = new Set<Promise<void>>();
  #sweeping: ReturnType<typeof setInterval> | undefined;
  #closed = false;

  constructor(options: PodWatchesOptions) {
    this.#options = options;
    this.#timing = { ...TIMING, ...options.timing };
  }

  covers(namespace: string): boolean {
    const { namespaces } = this.#options;
    return namespaces === "every" || namespaces.includes(namespace);
  }

  /** `undefined` where the cluster must be asked. */
  read(namespace: string): WatchedPods | undefined {
    const watched = this.#watched.get(namespace);
    if (!watched) return undefined;
    watched.askedMs = this.#options.elapsed();
    return watched.watch.read();
  }

  /** Begins to watch a namespace that has pods, where one more may be watched. */
  begin(namespace: string): void {
    const { api, elapsed, warn } = this.#options;
    if (this.#closed || !this.covers(namespace) || this.#watched.has(namespace)) return;
    if (this.#watched.size >= NAMESPACES_MAX) return;
    const watch = new PodWatch({ api, namespace, podsMax: PODS_MAX, timing: this.#timing, elapsed, warn });
    this.#watched.set(namespace, { watch, askedMs: elapsed() });
    this.#sweeping ??= setInterval(() => this.#sweep(), this.#timing.idleMsMax / 2);
  }

  states(): readonly PodWatchState[] {
    return Array.from(this.#watched.values(), ({ watch }) => watch.state);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    for (const namespace of this.#watched.keys()) this.#end(namespace);
    await Promise.all(this.#ending);
  }

  #sweep(): void {
    const { elapsed } = this.#options;
    for (const [namespace, { askedMs }] of this.#watched) {
      if (elapsed() - askedMs > this.#timing.idleMsMax) this.#end(namespace);
    }
  }

  #end(namespace: string): void {
    const watched = this.#watched.get(namespace);
    if (!watched) return;
    this.#watched.delete(namespace);
    const ended = watched.watch[Symbol.asyncDispose]().finally(() => this.#ending.delete(ended));
    this.#ending.add(ended);
    if (this.#watched.size > 0) return;
    clearInterval(this.#sweeping);
    this.#sweeping = undefined;
  }
}
