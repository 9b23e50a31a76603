/**
 * main.ts, and beside it what prints how long the event loop stood still each time that this was longer than usual. It
 * exists for bench/ alone.
 */
import "../../main.ts";

const EVERY_MS = 5;
const TOLD_MS = 10;

let lastMs = performance.now();
setInterval(() => {
  const nowMs = performance.now();
  const stoodMs = nowMs - lastMs - EVERY_MS;
  lastMs = nowMs;
  // deno-lint-ignore no-console -- Who measures reads it.
  if (stoodMs > TOLD_MS) console.log(`The event loop stood still for ${stoodMs.toFixed(1)} ms`);
}, EVERY_MS);
