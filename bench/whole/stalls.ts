/**
 * main.ts, and beside it what prints how long the event loop stood still each time that this was longer than usual. It
 * exists for bench/ alone.
 */
import "../../main.ts";
import { stolenSeconds } from "./machine.ts";

const EVERY_MS = 5;
const TOLD_MS = 10;
/** What the host kept is read this often besides, which costs more than the rest: so long before a stall it may be of. */
const STOLEN_EVERY = 10;

/** Milliseconds in all that this thread could have run and had no core. Source: Linux, scheduler/sched-stats. */
function withoutCoreMs(): number {
  return Number(Deno.readTextFileSync("/proc/self/schedstat").split(" ")[1]) / 1e6;
}

let ticks = 0;
let lastMs = performance.now();
let lastWithoutCoreMs = withoutCoreMs();
let lastStolen = stolenSeconds();
setInterval(() => {
  const nowMs = performance.now();
  const nowWithoutCoreMs = withoutCoreMs();
  const stoodMs = nowMs - lastMs - EVERY_MS;
  const isTold = stoodMs > TOLD_MS;
  if (isTold || ++ticks % STOLEN_EVERY === 0) {
    const stolen = stolenSeconds();
    const figures = [stoodMs, nowWithoutCoreMs - lastWithoutCoreMs, (stolen - lastStolen) * 1000];
    const [stood, without, kept] = figures.map((ms) => ms.toFixed(1));
    // deno-lint-ignore no-console -- Who measures reads it.
    if (isTold) console.log(`The event loop stood still for ${stood} ms, without a core ${without}, host kept ${kept}`);
    lastStolen = stolen;
  }
  [lastMs, lastWithoutCoreMs] = [nowMs, nowWithoutCoreMs];
}, EVERY_MS);
