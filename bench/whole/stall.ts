/** How long an event loop stood still once. */
export interface Stall {
  readonly ms: number;
  /** Milliseconds of them in which its thread could have run and had no core, for other work on the machine. */
  readonly withoutCoreMs: number;
  /** Milliseconds that the machine's host kept cores to itself meanwhile or just before, of all cores together. */
  readonly stolenMs: number;
}

/** The stalls that bench/whole/stalls.ts printed. */
export function stallsIn(output: string): readonly Stall[] {
  const told = output.matchAll(/stood still for ([\d.]+) ms, without a core ([\d.]+), host kept ([\d.]+)/g);
  return Array.from(told, ([, ...figures]) => {
    const [ms = 0, withoutCoreMs = 0, stolenMs = 0] = figures.map(Number);
    return { ms, withoutCoreMs, stolenMs };
  });
}

/** What the system counts the host's share in. */
const TICK_MS = 10;

/** Those that the host had no part in. */
export function ownStalls(stalls: readonly Stall[]): readonly Stall[] {
  return stalls.filter(({ stolenMs }) => stolenMs < TICK_MS);
}

/** Shorter ones are not told. */
const NONE: Stall = { ms: 0, withoutCoreMs: 0, stolenMs: 0 };

export function longestOf(stalls: readonly Stall[]): Stall {
  return stalls.reduce((longest, stall) => stall.ms > longest.ms ? stall : longest, NONE);
}

export function printStall({ ms, withoutCoreMs }: Stall): string {
  return ms === 0 ? "< 10 ms" : `${ms.toFixed(0)} ms, ${withoutCoreMs.toFixed(0)} of them without a core`;
}
