/**
 * Kills things under load and shows that every answered call is on record: `deno task chaos`.
 *
 * - `--seconds N` of a scenario, 8 where left out
 * - `--scenario a,b` only these
 * - `--long` ten minutes of load in which no server's memory may grow, and then all scenarios
 */
import { parseArgs } from "node:util";
import { runPlan, type Step } from "./plan.ts";
import type { RunOptions } from "./run.ts";
import { SCENARIOS } from "./scenarios.ts";
import { printMemory, printRow, printTable } from "./table.ts";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "8" },
    scenario: { type: "string" },
    long: { type: "boolean", default: false },
  },
});

// deno-lint-ignore no-console -- The result goes to standard output.
const print = (text: string) => console.log(text);

const stopping = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.addSignalListener(signal, () => stopping.abort(new Error(`Stopped by ${signal}`)));
}

const options: RunOptions = {
  seconds: readSeconds(values.seconds),
  freezeSeconds: 10,
  callsMax: 200_000,
  socketsPerServer: 4,
  depth: 8,
  signal: stopping.signal,
};
/**
 * At most 3,000 calls a second: enough for the heaps to reach their size in the first half, and a log of a size that can
 * still be checked.
 */
const LONG: RunOptions = { ...options, seconds: 600, callsMax: 2_000_000, thinkMs: 40, growthMax: 0.05 };

function readSeconds(text: string): number {
  const seconds = Number(text);
  if (seconds >= 1 && seconds <= 600) return seconds;
  throw new RangeError(`Invalid --seconds ${JSON.stringify(text)}: expected 1 to 600`);
}

function stepsOf(names: readonly string[] | undefined): readonly Step[] {
  const unknown = names?.find((name) => SCENARIOS.every((scenario) => scenario.name !== name));
  if (unknown !== undefined) {
    const known = SCENARIOS.map(({ name }) => name).join(", ");
    throw new RangeError(`Unknown scenario ${JSON.stringify(unknown)}: expected some of ${known}`);
  }
  return SCENARIOS
    .filter(({ name }) => names?.includes(name) ?? true)
    .map((scenario) => ({ scenario, options: values.long && scenario.name === "steady" ? LONG : options }));
}

/** Runs what was asked for. @returns the exit code */
async function run(): Promise<number> {
  const startedMs = performance.now();
  const rows = await runPlan(stepsOf(values.scenario?.split(",")), {
    onRow(row) {
      print(printRow(row));
      if ("lines" in row) row.lines.forEach(print);
    },
    onLog: print,
  });
  print(`\n${printTable(rows)}\n\n${printMemory(rows)}\n`);
  const broken = rows.filter((row) => "violations" in row && row.violations.length > 0).length;
  const notRun = rows.filter((row) => "notRun" in row).length;
  const held = rows.length - broken - notRun;
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(0);
  print(`${held} scenarios held, ${broken} did not, ${notRun} were not run; ${seconds} s`);
  return broken > 0 ? 1 : 0;
}

try {
  Deno.exit(await run());
} catch (error) {
  if (!stopping.signal.aborted) throw error;
  print("Stopped, and everything that was started with it");
  Deno.exit(130);
}
