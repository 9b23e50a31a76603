import { setImmediate } from "node:timers";
import { nextTurn } from "../storage/next_turn.ts";

/** Requests that begin in one turn of the event loop: some milliseconds of work. */
const BEGUN_MAX = 128;

/** Resolves in a turn of the event loop in which what was asked for about the same time begins too. */
export type Gather = () => Promise<void>;

/**
 * Lets requests that have come together begin together. The platform reads one connection, runs its handler as far as it
 * goes and sends what it answers before it reads the next: each call would write to Redis by itself, and each reply wake
 * its reader by itself, which alone costs as much as a third of a call.
 */
export function createGathering(begunMax = BEGUN_MAX, goOn = nextTurn): Gather {
  const waiting: (() => void)[] = [];

  function begin(): void {
    for (const resolve of waiting.splice(0, begunMax)) resolve();
    if (waiting.length > 0) goOn(begin);
  }

  return () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    if (waiting.push(resolve) === 1) setImmediate(begin);
    return promise;
  };
}
