import { Deadlines } from "../storage/deadlines.ts";
import { ToolError } from "./error.ts";

/** Starts a timer. @returns ends it before its time */
type StartTimer = (ms: number, pass: () => void) => () => void;

/** Runs with a deadline, as `withDeadline` does, for work that makes its signal only where it needs one. */
export type RunInTime = <T>(
  caller: AbortSignal,
  timeoutMs: number,
  work: (signal: () => AbortSignal) => Promise<T>,
) => Promise<T>;

const ownTimer: StartTimer = (ms, pass) => {
  const timer = setTimeout(pass, ms);
  return () => clearTimeout(timer);
};

/**
 * Runs with a deadline: its signal aborts when time is up or the caller has gone away, and the promise then rejects
 * at once, whether or not the work heeds its signal. For a caller that is gone already nothing is run.
 *
 * @throws {ToolError} `timeout` or `cancelled`; or what `work` throws before that.
 */
export function withDeadline<T>(
  caller: AbortSignal,
  timeoutMs: number,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  return runInTime(caller, timeoutMs, (signal) => work(signal()), ownTimer);
}

/** A `withDeadline` for work of which much runs at once: what may take as long shares a timer. */
export function createSharedDeadlines(): RunInTime {
  // As many as tools have times of their own.
  const byMs = new Map<number, Deadlines>();
  const sharedTimer: StartTimer = (ms, pass) => {
    let deadlines = byMs.get(ms);
    if (!deadlines) byMs.set(ms, deadlines = new Deadlines(ms));
    const deadline = deadlines.begin(pass);
    return () => deadlines.end(deadline);
  };
  return (caller, timeoutMs, work) => runInTime(caller, timeoutMs, work, sharedTimer);
}

function runInTime<T>(
  caller: AbortSignal,
  timeoutMs: number,
  work: (signal: () => AbortSignal) => Promise<T>,
  startTimer: StartTimer,
): Promise<T> {
  if (caller.aborted) return Promise.reject(cancelled());
  let over: ToolError | undefined;
  let controller: AbortController | undefined;
  const signal = () => {
    controller ??= new AbortController();
    if (over) controller.abort(over);
    return controller.signal;
  };
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const end = (error: ToolError) => {
    leave();
    over = error;
    reject(error);
    controller?.abort(error);
  };
  const cancel = () => end(cancelled());
  const stopTimer = startTimer(timeoutMs, () => end(tookTooLong(timeoutMs)));
  const leave = () => {
    stopTimer();
    caller.removeEventListener("abort", cancel);
  };
  caller.addEventListener("abort", cancel, { once: true });
  Promise.try(work, signal).then(
    (result) => {
      leave();
      resolve(result);
    },
    (error) => {
      leave();
      reject(error);
    },
  );
  return promise;
}

function tookTooLong(timeoutMs: number): ToolError {
  return new ToolError("timeout", `The call took longer than ${timeoutMs} ms and was stopped`, {
    hint: "Ask for less, or try again later",
    data: { timeoutMs },
  });
}

function cancelled(): ToolError {
  return new ToolError("cancelled", "The call was cancelled: its caller went away");
}
