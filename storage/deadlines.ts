/** Something that is to end in time. */
export interface Deadline {
  readonly dueMs: number;
  readonly pass: () => void;
}

/**
 * Deadlines that are all as long, on one timer: the oldest is the first due, and making a timer costs more than most of
 * what it bounds.
 */
export class Deadlines {
  readonly #ms: number;
  /** In the order in which they are due. */
  readonly #running = new Set<Deadline>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param ms how long each is */
  constructor(ms: number) {
    this.#ms = ms;
  }

  /** Calls `pass`, which must not throw, when the time is over and `end` was not called. */
  begin(pass: () => void): Deadline {
    const deadline = { dueMs: performance.now() + this.#ms, pass };
    this.#running.add(deadline);
    this.#timer ??= setTimeout(this.#look, this.#ms);
    return deadline;
  }

  end(deadline: Deadline): void {
    this.#running.delete(deadline);
    if (this.#running.size > 0) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  readonly #look = () => {
    this.#timer = undefined;
    const nowMs = performance.now();
    for (const deadline of this.#running) {
      if (deadline.dueMs > nowMs) {
        this.#timer ??= setTimeout(this.#look, Math.ceil(deadline.dueMs - nowMs));
        return;
      }
      this.#running.delete(deadline);
      deadline.pass();
    }
  };
}
