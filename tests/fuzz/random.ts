/** Numbers that one seed decides, so that what failed can be run again. */
export interface Random {
  /** A whole number from 0 to `below` − 1. */
  int(below: number): number;
  /** True once in `times`. */
  once(times: number): boolean;
  pick<T>(from: readonly T[]): T;
}

/** Mulberry32: small, fast, and good enough to choose among odd frames. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const int = (below: number) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor(((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32 * below);
  };
  return {
    int,
    once: (times) => int(times) === 0,
    pick(from) {
      const one = from[int(from.length)];
      // Absent only where the list is empty, which is the fuzzer's own fault.
      if (one === undefined) throw new RangeError("Nothing to pick from");
      return one;
    },
  };
}
