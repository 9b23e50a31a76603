/** Where time comes from; injected, so that tests hold it still. */
export interface Clock {
  /** Wall time in milliseconds since the epoch. It may step back. */
  now(): number;
  /** Milliseconds since an arbitrary start; it never steps back. For durations. */
  elapsed(): number;
}

/** Where unique ids come from; injected for the same reason. */
export interface Ids {
  /** A UUIDv7 (RFC 9562, section 5.7): unique, and ordered by the millisecond it was made in. */
  uuid(): string;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
};

export const systemIds: Ids = {
  // The time before the random part of the platform's own UUIDv4: each call makes two, and libraries take ten times as long.
  uuid() {
    const time = Date.now().toString(16).padStart(12, "0");
    return `${time.slice(0, 8)}-${time.slice(8)}-7${crypto.randomUUID().slice(15)}`;
  },
};
