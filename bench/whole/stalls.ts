/**
 * main.ts, and beside it what prints how long the event loop stood still each time that this was longer than usual. It
 * exists for bench/ alone.
 */
import "../../main.ts";

const EVERY_MS = 5;
const TOLD_MS = 10;

/** Milliseconds in all that this thread could have run and had no core. Source: Linux, scheduler/sched-stats. */
function withoutCoreMs(): number {
  return Number(Deno.readTextFileSync("/proc/self/schedstat").split(" ")[1]) / 1e6;
}

let lastMs = performance.now();
let lastWithoutCoreMs = withoutCoreMs();
setInterval(() => {
  const nowMs = performance.now();
  const nowWithoutCoreMs = withoutCoreMs();
  const stoodMs = nowMs - lastMs - EVERY_MS;
  if (stoodMs > TOLD_MS) {
    const without = (nowWithoutCoreMs - lastWithoutCoreMs).toFixed(1);
    // deno-lint-ignore no-console -- Who measures reads it.
    console.log(`The event loop stood still for ${stoodMs.toFixed(1)} ms, without a core for ${without} ms of them`);
  }
  [lastMs, lastWithoutCoreMs] = [nowMs, nowWithoutCoreMs];
}, EVERY_MS);
