/** How often what happened. */
export class Tally {
  readonly #counts = new Map<string, number>();

  count(what: string, times = 1): void {
    this.#counts.set(what, this.of(what) + times);
  }

  of(what: string): number {
    return this.#counts.get(what) ?? 0;
  }

  /** One line a thing, by name. */
  print(): string {
    const sorted = [...this.#counts].sort(([a], [b]) => a < b ? -1 : 1);
    return sorted.map(([what, times]) => `${what}: ${times}`).join("\n");
  }
}
