/**
 * main.ts on a machine whose clock steps back an hour at each SIGUSR2.
 *
 * The clock under everything is set back, not the one that main.ts hands around: so ids and drivers, which read it
 * themselves, see the step as they would see a real one. Timers do not depend on it.
 */
const HOUR_MS = 3_600_000;
const machineNow = Date.now;
let behindMs = 0;

Date.now = () => machineNow() - behindMs;
Deno.addSignalListener("SIGUSR2", () => behindMs += HOUR_MS);
await import("../../main.ts");
