import { v7 } from "uuid";

/** Where time comes from; injected, so that tests hold it still. */
export interface Clock {
  /** Wall time in milliseconds since the epoch. It may step back. */
  now(): number;
  /** Milliseconds since an arbitrary start; it never steps back. For durations. */
  elapsed(): number;
}

/** Where unique ids come from; injected for the same reason. */
export interface Ids {
  /** A UUIDv7: unique, and ordered by the time it was made. */
  uuid(): string;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
};

export const systemIds: Ids = { uuid: () => v7() };
