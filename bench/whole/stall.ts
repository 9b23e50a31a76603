/** How long an event loop stood still once. */
export interface Stall {
  readonly ms: number;
  /** Milliseconds of them in which its thread could have run and had no core: other work on the machine. */
  readonly withoutCoreMs: number;
}

/** Shorter stalls are not told. */
const NONE: Stall = { ms: 0, withoutCoreMs: 0 };

/** The stalls that bench/whole/stalls.ts printed. */
export function stallsIn(output: string): readonly Stall[] {
  const told = output.matchAll(/stood still for ([\d.]+) ms, without a core for ([\d.]+) ms/g);
  return Array.from(told, ([, ms, withoutCoreMs]) => ({ ms: Number(ms), withoutCoreMs: Number(withoutCoreMs) }));
}

export function longestOf(stalls: readonly Stall[]): Stall {
  return stalls.reduce((longest, stall) => stall.ms > longest.ms ? stall : longest, NONE);
}

export function printStall({ ms, withoutCoreMs }: Stall): string {
  return ms === 0 ? "< 10 ms" : `${ms.toFixed(0)} ms, ${withoutCoreMs.toFixed(0)} of them without a core`;
}
