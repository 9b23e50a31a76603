import { type Place, UnderWay } from "./under_way.ts";

/** In which what has come is read; between immediates Deno does not look for it. */
const READ_MS = 5;

interface Due {
  readonly dueMs: number;
  readonly pass: () => void;
}

/** Something that is to end in time. */
export type Deadline = Place<Due>;

/**
 * Deadlines that are all as long, on one timer: the oldest is the first due, and making a timer costs more than most of
 * what it bounds. What ends in the turn of the event loop in which it began needs none.
 */
export class Deadlines {
  readonly #ms: number;
  /** In the order in which they are due. */
  readonly #running = new UnderWay<Due>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isTurnEndAwaited = false;

  /** @param ms how long each is */
  constructor(ms: number) {
    this.#ms = ms;
  }

  /** Calls `pass`, which must not throw, when the time is over and `end` was not called. */
  begin(pass: () => void): Deadline {
    if (!this.#timer && !this.#isTurnEndAwaited) {
      this.#isTurnEndAwaited = true;
      setImmediate(this.#onTurnEnd);
    }
    return this.#running.begin({ dueMs: performance.now() + this.#ms, pass });
  }

  end(deadline: Deadline): void {
    this.#running.end(deadline);
    if (this.#running.first || !this.#timer) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  readonly #onTurnEnd = () => {
    this.#isTurnEndAwaited = false;
    this.#awaitFirst();
  };

  readonly #look = () => {
    this.#timer = undefined;
    const nowMs = performance.now();
    const { value } = this.#running.first ?? {};
    if (!value || value.dueMs > nowMs) return this.#awaitFirst();
    this.#timer = setTimeout(() => this.#pass(nowMs), READ_MS);
  };

  /** What came while this process stood still, or had no processor, has been read since: it is not late. */
  #pass(lookedMs: number): void {
    this.#timer = undefined;
    for (let place = this.#running.first; place?.value; place = this.#running.first) {
      const { dueMs, pass } = place.value;
      if (dueMs > lookedMs) break;
      this.#running.end(place);
      pass();
    }
    this.#awaitFirst();
  }

  #awaitFirst(): void {
    const { value } = this.#running.first ?? {};
    if (value) this.#timer ??= setTimeout(this.#look, Math.max(0, Math.ceil(value.dueMs - performance.now())));
  }
}
