import { ChainWatch } from "./chains.ts";
import { NoDiskError } from "./disk.ts";
import { type Fleet, type FleetOptions, startFleet } from "./fleet.ts";
import { reconcile } from "./reconcile.ts";
import { readRecords } from "./records.ts";
import { type Outcome, type RunOptions, runScenario } from "./run.ts";
import type { Scenario } from "./scenarios.ts";
import type { Row } from "./table.ts";

/** A scenario, and how it is run. */
export interface Step {
  readonly scenario: Scenario;
  readonly options: RunOptions;
}

/** Runs steps in their order; those that stand together and want the same fleet share one. */
export async function runPlan(steps: readonly Step[], onRow: (row: Row) => void): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const group of groupsOf(steps)) {
    for (const row of await runGroup(group.fleet, group.steps, onRow)) rows.push(row);
  }
  return rows;
}

async function runGroup(options: FleetOptions, steps: readonly Step[], onRow: (row: Row) => void) {
  let starting: Fleet;
  try {
    starting = await startFleet(options);
  } catch (error) {
    if (!(error instanceof NoDiskError)) throw error;
    return steps.map(({ scenario: { name } }) => {
      const row: Row = { name, notRun: error.message };
      onRow(row);
      return row;
    });
  }
  await using fleet = starting;
  const chains = new ChainWatch(fleet.postgres.url);
  const outcomes: Outcome[] = [];
  for (const { scenario, options } of steps) {
    const outcome = await runScenario(scenario, fleet, chains, options);
    outcomes.push(outcome);
    onRow(outcome);
  }
  return await Promise.all(outcomes.map((outcome) => lookAgain(fleet, outcome)));
}

/** Whether the log still says the same of a scenario after all that came later: a record may have come twice. */
async function lookAgain({ postgres }: Fleet, outcome: Outcome): Promise<Outcome> {
  const later = reconcile(outcome.ledger, await readRecords(postgres, outcome.name));
  const fresh = later.violations.filter((words) => !outcome.violations.includes(words));
  return { ...outcome, ...later, violations: [...outcome.violations, ...fresh] };
}

function groupsOf(steps: readonly Step[]) {
  const groups: { readonly fleet: FleetOptions; readonly steps: Step[] }[] = [];
  for (const step of steps) {
    const last = groups.at(-1);
    if (last?.fleet === step.scenario.fleet) last.steps.push(step);
    else groups.push({ fleet: step.scenario.fleet, steps: [step] });
  }
  return groups;
}
