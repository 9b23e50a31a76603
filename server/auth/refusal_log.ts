import type { Clock } from "../../storage/clock.ts";
import type { Log, LogFields } from "../log.ts";

const WINDOW_MS = 60_000;

/** Lines a minute and level; of what comes beyond them only the number is told: a flood of guesses makes none of lines. */
export const REFUSAL_LINES_MAX = 60;

/** Logs what was not let in. */
export function createRefusalLog(
  log: Pick<Log, "debug" | "warn">,
  clock: Pick<Clock, "elapsed">,
): Pick<Log, "debug" | "warn"> {
  const bounded = (level: "debug" | "warn") => {
    let windowStartMs = -Infinity;
    let lines = 0;
    return (message: string, fields: LogFields = {}) => {
      if (clock.elapsed() - windowStartMs >= WINDOW_MS) {
        const unlogged = lines - REFUSAL_LINES_MAX;
        if (unlogged > 0) log[level](`${unlogged} more refusals were not logged one by one`);
        windowStartMs = clock.elapsed();
        lines = 0;
      }
      if (lines++ < REFUSAL_LINES_MAX) log[level](message, fields);
    };
  };
  return { debug: bounded("debug"), warn: bounded("warn") };
}
