/** A place in what is under way; it holds nothing once it was left. */
export interface Place<T> {
  value: T | undefined;
  before: Place<T> | undefined;
  after: Place<T> | undefined;
}

/**
 * What is under way, in the order in which it began.
 *
 * A Set through which much goes makes its table anew over and over. What was in an old table stays, with all that it
 * refers to and with the next table, until all of the memory is looked through: each call would be copied twice by the
 * collector of short-lived objects, which is then the longest pause there is.
 */
export class UnderWay<T> {
  #first: Place<T> | undefined;
  #last: Place<T> | undefined;

  get first(): Place<T> | undefined {
    return this.#first;
  }

  begin(value: T): Place<T> {
    const place: Place<T> = { value, before: this.#last, after: undefined };
    if (this.#last) this.#last.after = place;
    else this.#first = place;
    this.#last = place;
    return place;
  }

  /** Nothing happens where it has ended before. */
  end(place: Place<T>): void {
    const { before, after } = place;
    if (place.value === undefined) return;
    if (before) before.after = after;
    else this.#first = after;
    if (after) after.before = before;
    else this.#last = before;
    // A place that has grown old would keep what comes after it.
    place.value = place.before = place.after = undefined;
  }
}
