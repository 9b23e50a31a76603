import { EXPECTED, type Revision } from "./expected.ts";
import type { Verdict } from "./suite.ts";

/** A run of the suite beside what is expected of it. */
export interface Score {
  readonly line: string;
  /** What departs from the expectation, for the better too: then it is to be written down. Empty where nothing does. */
  readonly departures: readonly string[];
}

export function scoreOf(revision: Revision, verdicts: readonly Verdict[]): Score {
  const { scored, unscored } = EXPECTED[revision];
  const passed = new Set(verdicts.filter((verdict) => verdict.passed).map(({ scenario }) => scenario));
  const complaints = new Map(verdicts.map(({ scenario, complaints }) => [scenario, complaints]));
  const expected = [...scored, ...unscored];
  const lost = expected.filter((scenario) => !passed.has(scenario));
  const unexpected = [...passed].filter((scenario) => !expected.includes(scenario));
  const count = (scenarios: readonly string[]) =>
    `${scenarios.filter((scenario) => passed.has(scenario)).length}/${scenarios.length}`;
  return {
    line: `${revision}: ${count(scored)} scored, ${count(unscored)} unscored`,
    departures: [
      ...lost.map((scenario) => `${scenario} fails: ${complaints.get(scenario)?.join("; ") ?? "it was not run"}`),
      ...unexpected.map((scenario) => `${scenario} passes and is not among those that are expected to`),
    ],
  };
}
