import { setTimeout as pause } from "node:timers/promises";
import { readMetric } from "./metric.ts";
import type { Replica } from "./replica.ts";

const SAMPLE_MS = 1000;
/** Fewer samples of one process say nothing of its growth. */
const SAMPLES_MIN = 10;

/** What a server process held of memory over a run. */
export interface MemoryUse {
  readonly server: string;
  /** Of each tenth of its life here, in order. */
  readonly tenthsMib: readonly number[];
  /** From the middle to the end, as a part of the middle; `undefined` for a process that did not live long enough. */
  readonly secondHalfGrowth: number | undefined;
}

/** Samples the resident memory of servers until it is asked for the result. */
export interface MemoryWatch extends AsyncDisposable {
  /** Ends the sampling. @returns one entry a process, so several for a server that was started anew */
  end(): Promise<readonly MemoryUse[]>;
}

export function watchMemory(servers: readonly Replica[]): MemoryWatch {
  const samples = new Map<string, { readonly server: string; readonly bytes: number[] }>();
  const ended = new AbortController();
  const sample = async (server: Replica) => {
    const process = `${server.name} (${server.pid})`;
    const bytes = await readMetric(server, "process_resident_memory_bytes");
    // It may have been started anew while it was asked.
    if (bytes === undefined || process !== `${server.name} (${server.pid})`) return;
    const known = samples.get(process) ?? { server: server.name, bytes: [] };
    samples.set(process, known);
    known.bytes.push(bytes);
  };
  const sampling = (async () => {
    while (!ended.signal.aborted) {
      await Promise.all(servers.map(sample));
      await pause(SAMPLE_MS, undefined, { signal: ended.signal }).catch(() => {});
    }
  })();
  const end = async () => {
    ended.abort();
    await sampling;
    return Array.from(samples.values(), ({ server, bytes }) => memoryUse(server, bytes));
  };
  return {
    end,
    async [Symbol.asyncDispose]() {
      await end();
    },
  };
}

/** Compares the tenth of the samples after the middle with the last tenth: one sample is noise. */
export function memoryUse(server: string, bytes: readonly number[]): MemoryUse {
  const tenth = Math.max(1, Math.floor(bytes.length / 10));
  const half = Math.floor(bytes.length / 2);
  const [middle, end] = [median(bytes.slice(half, half + tenth)), median(bytes.slice(-tenth))];
  const tenths = Array.from({ length: 10 }, (_, i) => bytes.slice(bytes.length * i / 10, bytes.length * (i + 1) / 10));
  return {
    server,
    tenthsMib: tenths.filter(({ length }) => length > 0).map((some) => median(some) / 2 ** 20),
    secondHalfGrowth: bytes.length < SAMPLES_MIN ? undefined : end / middle - 1,
  };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

/** A part as a growth: `+3.1 %`. */
export function printPercent(part: number): string {
  return `${part < 0 ? "−" : "+"}${(Math.abs(part) * 100).toFixed(1)} %`;
}
