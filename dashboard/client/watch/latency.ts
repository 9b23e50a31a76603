/** Milliseconds up to which a call counts in each bucket; a last bucket has all that took longer. */
export const LATENCY_BOUNDS_MS: readonly number[] = [
  ...[0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4, 5, 7.5],
  ...[10, 15, 20, 30, 40, 50, 75, 100, 150, 200, 300, 400, 500, 750],
  ...[1000, 1500, 2000, 3000, 5000, 10_000, 30_000],
];

/** As many zeros as there are buckets. */
export function noLatencies(): number[] {
  return Array.from({ length: LATENCY_BOUNDS_MS.length + 1 }, () => 0);
}

export function bucketOf(durationMs: number): number {
  const found = LATENCY_BOUNDS_MS.findIndex((bound) => durationMs <= bound);
  return found === -1 ? LATENCY_BOUNDS_MS.length : found;
}

/**
 * The duration that a share of the calls stayed under, read between the bounds of its bucket.
 *
 * @param counts calls by bucket @param share 0 to 1 @returns milliseconds; `undefined` where there was no call
 */
export function quantile(counts: readonly number[], share: number): number | undefined {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return undefined;
  const rank = share * total;
  let before = 0;
  for (const [i, count] of counts.entries()) {
    if (count > 0 && before + count >= rank) {
      const low = LATENCY_BOUNDS_MS[i - 1] ?? 0;
      // What took longer than the last bound is known to have done so, and no more.
      const high = LATENCY_BOUNDS_MS[i] ?? low;
      return low + (high - low) * Math.max(0, rank - before) / count;
    }
    before += count;
  }
  return undefined;
}
