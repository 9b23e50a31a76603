import type { Log } from "./log.ts";

/** A throw that nothing caught is logged, and the process goes on: one bad call must not end all others. */
export function surviveFaults(log: Log): void {
  globalThis.addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    log.error("A promise was rejected and nobody waited for it", { error: event.reason });
  });
  globalThis.addEventListener("error", (event) => {
    event.preventDefault();
    log.error("An error was thrown and nobody caught it", { error: event.error });
  });
}
