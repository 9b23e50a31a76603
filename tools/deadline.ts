import { ToolError } from "./error.ts";

/**
 * Runs with a deadline: its signal aborts when time is up or the caller has gone away, and the promise then rejects
 * at once, whether or not the work heeds its signal. For a caller that is gone already nothing is run.
 *
 * @throws {ToolError} `timeout` or `cancelled`; or what `work` throws before that.
 */
export async function withDeadline<T>(
  caller: AbortSignal,
  timeoutMs: number,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  if (caller.aborted) throw cancelled();
  const controller = new AbortController();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const end = (error: ToolError) => {
    reject(error);
    controller.abort(error);
  };
  const cancel = () => end(cancelled());
  const timer = setTimeout(() => {
    end(
      new ToolError("timeout", `The call took longer than ${timeoutMs} ms and was stopped`, {
        hint: "Ask for less, or try again later",
        data: { timeoutMs },
      }),
    );
  }, timeoutMs);
  caller.addEventListener("abort", cancel, { once: true });
  try {
    return await Promise.race([aborted, Promise.try(work, controller.signal)]);
  } finally {
    clearTimeout(timer);
    caller.removeEventListener("abort", cancel);
  }
}

function cancelled(): ToolError {
  return new ToolError("cancelled", "The call was cancelled: its caller went away");
}
