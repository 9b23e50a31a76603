/** What a load came to. */
export interface Run {
  readonly callsPerSecond: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** Of the server's processor, per call, in microseconds. */
  readonly processorMicros: number;
  /** How much of one processor the server had, and the load's own process. */
  readonly serverShare: number;
  readonly loadShare: number;
  /** Sent and received, per call. */
  readonly bytes: number;
  readonly residentMiB: number;
}

/** @param values in any order; sorted in place */
export function percentiles(values: Float64Array): Pick<Run, "p50Ms" | "p95Ms" | "p99Ms" | "maxMs"> {
  values.sort();
  const at = (share: number) => values[Math.min(values.length - 1, Math.floor(values.length * share))] ?? NaN;
  return { p50Ms: at(0.5), p95Ms: at(0.95), p99Ms: at(0.99), maxMs: at(1) };
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;
}
