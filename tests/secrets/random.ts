/** A source of made-up words: the same seed gives the same words. */
export interface Random {
  /** A whole number from 0 to below `end`. */
  below(end: number): number;
  pick<T>(choices: readonly T[]): T;
  /** So many characters of an alphabet. */
  word(chars: number, alphabet?: string): string;
}

export const LOWER = "abcdefghijklmnopqrstuvwxyz";
export const DIGITS = "0123456789";
export const UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
export const ALPHANUMERIC = UPPER + LOWER + DIGITS;

/** Mulberry32: 32 bits of state, enough for test data. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const below = (end: number) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % end;
  };
  const pick = <T>(choices: readonly T[]): T => {
    const choice = choices[below(choices.length)];
    if (choice === undefined) throw new Error("Expected at least one choice");
    return choice;
  };
  const word = (chars: number, alphabet = ALPHANUMERIC) =>
    Array.from({ length: chars }, () => alphabet[below(alphabet.length)]).join("");
  return { below, pick, word };
}
