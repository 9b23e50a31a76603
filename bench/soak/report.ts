import { printTable, withGenerated } from "../../scripts/generated.ts";
import { roundedJson } from "../report.ts";
import { type Machine, printMachine } from "../whole/machine.ts";
import { type AtShare, SHARE } from "../whole/steady.ts";
import type { Check } from "./verdict.ts";
import { figuresOf, joinWindows, printRow, undisturbed, type Window, WINDOW_HEAD } from "./windows.ts";

/** All that one run of `deno task soak` measured. */
export interface Soak {
  readonly machine: Machine;
  readonly seconds: number;
  /** Seconds that the host kept the cores to itself, of all together. */
  readonly stolen: number;
  readonly steady: AtShare;
  readonly checks: readonly Check[];
  readonly windows: readonly Window[];
}

const DOCUMENT = new URL("../../docs/performance.md", import.meta.url);
const RESULTS = new URL("../../docs/soak.json", import.meta.url);
const PARTS = 10;

/** The verdict, and the run in ten parts, in Markdown. */
export function printSoak({ machine, seconds, stolen, steady, checks, windows }: Soak): string {
  const asked = `${steady.callsPerSecond.toFixed(0)} calls a second of ${steady.capacity.toFixed(0)} that it can`;
  const calm = undisturbed(windows, machine.cores, 1 - SHARE);
  const verdict = checks.map((check) => {
    const { what, bound, reached, inAll, isMet } = check;
    return [what, bound, reached, inAll, isMet ? "yes" : "**no**"];
  });
  const length = Math.ceil(windows.length / PARTS);
  const parts = Array.from({ length: Math.ceil(windows.length / length) }, (_, part) => {
    const own = joinWindows(windows.slice(part * length, (part + 1) * length));
    const start = samplesBefore(windows, part * length);
    return printRow(`${start}–${start + own.samples.length}`, figuresOf(own));
  });
  return [
    ...printMachine(machine).map((line) => `- ${line}`),
    `- ${asked}, for ${seconds} s; meanwhile the machine's host kept its cores to itself for ${stolen.toFixed(1)} s of`,
    `  them all, and left it alone in ${calm.length} of ${windows.length} stretches of ten seconds`,
    "",
    printTable([["What", "Bound", "Reached", "In all", "Met"], ...verdict]),
    printTable([WINDOW_HEAD, ...parts]),
  ].join("\n");
}

/** Writes docs/soak.json, and its part of docs/performance.md. */
export async function writeSoak(soak: Soak): Promise<void> {
  const windows = soak.windows.map((window, i) => {
    const start = samplesBefore(soak.windows, i);
    return { at: `${start}–${start + window.samples.length}`, ...figuresOf(window) };
  });
  await Deno.writeTextFile(RESULTS, roundedJson({ ...soak, windows }));
  const document = await Deno.readTextFile(DOCUMENT);
  await Deno.writeTextFile(DOCUMENT, withGenerated(document, "soak", printSoak(soak), "soak"));
}

/** Seconds of the run before a window: they are looked at one a second. */
function samplesBefore(windows: readonly Window[], index: number): number {
  return windows.slice(0, index).reduce((sum, { samples }) => sum + samples.length, 0);
}
