/** What was measured on, and what else it did. */
export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly system: string;
  readonly deno: string;
  /** Load averages of 1, 5 and 15 minutes. */
  readonly load: string;
}

/** USER_HZ, by which Linux counts for programs. */
const TICKS_A_SECOND = 100;

export async function describeMachine(): Promise<Machine> {
  const read = async (path: string, pattern: RegExp) => pattern.exec(await Deno.readTextFile(path))?.[1] ?? "unknown";
  return {
    processor: await read("/proc/cpuinfo", /^model name\s*: (.*)$/m),
    cores: navigator.hardwareConcurrency,
    memoryGiB: Math.round(Deno.systemMemoryInfo().total / 1024 ** 3),
    system: `${await read("/etc/os-release", /^PRETTY_NAME="(.*)"$/m)}, Linux ${Deno.osRelease()}`,
    deno: Deno.version.deno,
    load: await read("/proc/loadavg", /^(\S+ \S+ \S+)/),
  };
}

/** Seconds that the host has kept the machine's cores to itself since it started, of all cores together. */
export function stolenSeconds(): number {
  const ticks = Deno.readTextFileSync("/proc/stat").split(/\s+/, 9)[8];
  return Number(ticks) / TICKS_A_SECOND;
}

/** The lines that a report begins with. */
export function printMachine({ processor, cores, memoryGiB, system, deno, load }: Machine): readonly string[] {
  return [
    `${processor}, ${cores} cores, ${memoryGiB} GiB`,
    `${system}; Deno ${deno}; load average before: ${load}`,
  ];
}
