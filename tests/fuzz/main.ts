/**
 * Fuzzes a server of its own: `deno task fuzz`, and `FUZZ_SEED=… deno task fuzz` for the same frames again.
 *
 * - `--frames N`, 200,000 where left out
 */
import { parseArgs } from "node:util";
import { fuzz } from "./run.ts";

const { values } = parseArgs({ options: { frames: { type: "string", default: "200000" } } });
const count = Number(values.frames);
if (!Number.isInteger(count) || count < 100) {
  throw new RangeError(`Invalid --frames ${JSON.stringify(values.frames)}: expected a whole number from 100`);
}
const seed = Number(Deno.env.get("FUZZ_SEED") ?? crypto.getRandomValues(new Uint32Array(1))[0]);

// deno-lint-ignore no-console -- The result goes to standard output.
const print = (text: string) => console.log(text);

print(`FUZZ_SEED=${seed}`);
const { tally, memory, seconds } = await fuzz(seed, count);
print(tally.print());
const { tenthsMib, secondHalfGrowth } = memory;
print(`resident MiB, by tenths of the run: ${tenthsMib.map((mib) => mib.toFixed(0)).join(" ")}`);
if (secondHalfGrowth !== undefined) print(`growth in the second half: ${(secondHalfGrowth * 100).toFixed(1)} %`);
print(`${seconds.toFixed(0)} s`);
