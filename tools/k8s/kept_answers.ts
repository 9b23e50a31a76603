/** An answer and how long it may be given again. */
export interface KeptAnswer<T> {
  readonly value: T;
  readonly keepMs: number;
}

interface Entry<T> {
  readonly value: Promise<T>;
  /** By the given clock; infinite while the answer is awaited. */
  untilMs: number;
}

/** Answers by key, each kept for its time; who asks while an answer is awaited shares it. */
export class KeptAnswers<T> {
  readonly #entries = new Map<string, Entry<T>>();
  readonly #entriesMax: number;
  readonly #elapsed: () => number;

  /** @param elapsed a clock in milliseconds that only goes forward */
  constructor(entriesMax: number, elapsed: () => number) {
    this.#entriesMax = entriesMax;
    this.#elapsed = elapsed;
  }

  /** The kept answer, or that of `ask`; what it rejects with is kept for nobody. */
  get(key: string, ask: () => Promise<KeptAnswer<T>>): Promise<T> {
    const kept = this.#entries.get(key);
    if (kept && this.#elapsed() < kept.untilMs) return kept.value;
    const answer = ask();
    const entry: Entry<T> = { value: answer.then(({ value }) => value), untilMs: Infinity };
    answer.then(
      ({ keepMs }) => entry.untilMs = this.#elapsed() + keepMs,
      () => this.#remove(key, entry),
    );
    this.#entries.delete(key); // So that the newest stands last.
    this.#entries.set(key, entry);
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > this.#entriesMax && oldest !== undefined) this.#entries.delete(oldest);
    return entry.value;
  }

  forget(key: string): void {
    this.#entries.delete(key);
  }

  #remove(key: string, entry: Entry<T>): void {
    if (this.#entries.get(key) === entry) this.#entries.delete(key);
  }
}
