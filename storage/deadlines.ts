import { type Place, UnderWay } from "./under_way.ts";

interface Due {
  readonly dueMs: number;
  readonly pass: () => void;
}

/** Something that is to end in time. */
export type Deadline = Place<Due>;

/**
 * Deadlines that are all as long, on one timer: the oldest is the first due, and making a timer costs more than most of
 * what it bounds.
 */
export class Deadlines {
  readonly #ms: number;
  /** In the order in which they are due. */
  readonly #running = new UnderWay<Due>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param ms how long each is */
  constructor(ms: number) {
    this.#ms = ms;
  }

  /** Calls `pass`, which must not throw, when the time is over and `end` was not called. */
  begin(pass: () => void): Deadline {
    this.#timer ??= setTimeout(this.#look, this.#ms);
    return this.#running.begin({ dueMs: performance.now() + this.#ms, pass });
  }

  end(deadline: Deadline): void {
    this.#running.end(deadline);
    if (this.#running.first) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  readonly #look = () => {
    this.#timer = undefined;
    const nowMs = performance.now();
    for (let place = this.#running.first; place?.value; place = this.#running.first) {
      const { dueMs, pass } = place.value;
      if (dueMs > nowMs) {
        // What has passed may have begun another, which is due later than this one.
        clearTimeout(this.#timer);
        this.#timer = setTimeout(this.#look, Math.ceil(dueMs - nowMs));
        return;
      }
      this.#running.end(place);
      pass();
    }
  };
}
