/**
 * Runs a request's work where fewer than so many are under way.
 *
 * @param work answers the request
 * @param completed settles when the peer has read the reply, or left: until then its bytes are in memory
 * @returns whether it ran
 */
export type Admit = (work: () => Promise<void>, completed: Promise<unknown> | undefined) => Promise<boolean>;

/** Bounds the HTTP requests under way: bodies that arrive, calls that run, replies that are read. */
export function createAdmission(max: number): Admit {
  let inFlight = 0;
  const leave = () => {
    inFlight--;
  };
  return async (work, completed) => {
    if (inFlight >= max) return false;
    inFlight++;
    // `completed` settles in any case, a failure of the work included: the fault's own reply is sent then.
    if (completed) completed.then(leave, leave);
    try {
      await work();
      return true;
    } finally {
      if (!completed) leave();
    }
  };
}
