/** Counts what is under way, so that a stop can wait for it. */
export interface Lifecycle {
  /**
   * `serving`; before it perhaps `starting`, after it perhaps `leaving`, which both take work and ask for none; then
   * `draining` for good.
   */
  readonly phase: "starting" | "serving" | "leaving" | "draining";
  readonly inFlight: number;
  /** Work begins that a stop waits for, until `exit` is called, once. */
  enter(): void;
  exit(): void;
  /** Runs a piece of work that a stop waits for. */
  track<T>(work: () => Promise<T>): Promise<T>;
  /** Is `starting` until all is there that work needs. Never rejects, whatever becomes of that. */
  start(prepared: Promise<unknown>): Promise<void>;
  /** Says no to whoever asks whether to send work here, so that it goes elsewhere before any is refused. */
  leave(): void;
  /** Refuses new work from now on; resolves when what was under way has ended. */
  drain(): Promise<void>;
}

export function createLifecycle(): Lifecycle {
  let phase: Lifecycle["phase"] = "serving";
  let inFlight = 0;
  const idle = Promise.withResolvers<void>();
  const exit = () => {
    inFlight--;
    if (phase === "draining" && inFlight === 0) idle.resolve();
  };
  return {
    get phase() {
      return phase;
    },
    get inFlight() {
      return inFlight;
    },
    enter() {
      inFlight++;
    },
    exit,
    async track(work) {
      inFlight++;
      try {
        return await work();
      } finally {
        exit();
      }
    },
    async start(prepared) {
      phase = "starting";
      await prepared.catch(() => {});
      if (phase === "starting") phase = "serving";
    },
    leave() {
      if (phase !== "draining") phase = "leaving";
    },
    drain() {
      phase = "draining";
      if (inFlight === 0) idle.resolve();
      return idle.promise;
    },
  };
}
