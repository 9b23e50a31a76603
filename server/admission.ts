/** Bounds the HTTP requests under way: bodies that arrive, calls that run, replies that are read. */
export interface Admission {
  /**
   * Lets a request in where fewer than so many are under way.
   *
   * @param completed settles when the peer has read the reply, or left: until then its bytes are in memory
   * @returns to be called when the request's work is done; `undefined` where there is no room for it
   */
  enter(completed: Promise<unknown> | undefined): (() => void) | undefined;
}

export function createAdmission(max: number): Admission {
  let inFlight = 0;
  const leave = () => {
    inFlight--;
  };
  return {
    enter(completed) {
      if (inFlight >= max) return undefined;
      inFlight++;
      if (!completed) return leave;
      // It settles in any case, a failure of the work included: the fault's own reply is sent then.
      completed.then(leave, leave);
      return () => {};
    },
  };
}
