/** Counts what is under way, so that a stop can wait for it. */
export interface Lifecycle {
  /** `serving`, then `draining` for good. */
  readonly phase: "serving" | "draining";
  readonly inFlight: number;
  /** Runs a piece of work that a stop waits for. */
  track<T>(work: () => Promise<T>): Promise<T>;
  /** Refuses new work from now on; resolves when what was under way has ended. */
  drain(): Promise<void>;
}

export function createLifecycle(): Lifecycle {
  let draining = false;
  let inFlight = 0;
  const idle = Promise.withResolvers<void>();
  return {
    get phase() {
      return draining ? "draining" : "serving";
    },
    get inFlight() {
      return inFlight;
    },
    async track(work) {
      inFlight++;
      try {
        return await work();
      } finally {
        inFlight--;
        if (draining && inFlight === 0) idle.resolve();
      }
    },
    drain() {
      draining = true;
      if (inFlight === 0) idle.resolve();
      return idle.promise;
    },
  };
}
