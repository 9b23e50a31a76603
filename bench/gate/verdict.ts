/** Ratios by name: the raw echo's processor time a call to that of what is named. */
export type Ratios = Readonly<Record<string, number>>;

/** So far a ratio may fall below its baseline. */
export const FALL_MAX = 0.2;

/** A ratio that fell too far, or that is in one of the two alone. */
export interface Regression {
  readonly name: string;
  readonly baseline: number | undefined;
  readonly measured: number | undefined;
}

/** What of a measurement is a regression; a ratio above its baseline never is. */
export function findRegressions(baseline: Ratios, measured: Ratios): readonly Regression[] {
  const names = [...new Set([...Object.keys(baseline), ...Object.keys(measured)])];
  return names
    .map((name) => ({ name, baseline: baseline[name], measured: measured[name] }))
    .filter(({ baseline = Infinity, measured = 0 }) => !(measured >= baseline * (1 - FALL_MAX)));
}
