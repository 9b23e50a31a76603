import { setImmediate } from "node:timers";

/** Turns in a row between which nothing is read. */
const UNREAD_MAX = 4;

let unread = 0;

/** Goes on in a later turn of the event loop. */
export type NextTurn = (goOn: () => void) => void;

/**
 * Goes on soon, with what peers and stores have sent meanwhile read every few turns. While turns ask for the next one by
 * `setImmediate` alone, Deno looks for what has come only after some 60 of them: when each of those begins a hundred
 * calls, thousands are begun before the first answer of Redis or Postgres is seen. Before a timer it looks.
 */
export const nextTurn: NextTurn = (goOn) => {
  if (unread < UNREAD_MAX) {
    unread++;
    setImmediate(goOn);
    return;
  }
  setTimeout(() => {
    unread = 0;
    goOn();
  }, 0);
};
