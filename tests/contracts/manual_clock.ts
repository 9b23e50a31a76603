import type { Clock } from "../../storage/clock.ts";

/** A clock that stands still until it is told to go on. */
export interface ManualClock extends Clock {
  advance(ms: number): void;
}

export function manualClock(startMs = 1_790_000_000_000): ManualClock {
  let passedMs = 0;
  return {
    now: () => startMs + passedMs,
    elapsed: () => passedMs,
    advance: (ms) => void (passedMs += ms),
  };
}
