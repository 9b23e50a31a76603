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

export const systemIds: Ids = createIds();

/**
 * The time before the random part of the platform's own UUIDv4: each call makes two ids, many in a millisecond, and
 * libraries take ten times as long.
 */
function createIds(): Ids {
  let lastMs = -1;
  let time = "";
  return {
    uuid() {
      const nowMs = Date.now();
      if (nowMs !== lastMs) {
        const hex = nowMs.toString(16).padStart(12, "0");
        time = `${hex.slice(0, 8)}-${hex.slice(8)}-7`;
        lastMs = nowMs;
      }
      return time + crypto.randomUUID().slice(15);
    },
  };
}
