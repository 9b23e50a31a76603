import { ChainWatch } from "./chains.ts";
import { type Fleet, type FleetOptions, startFleet } from "./fleet.ts";
import { NotPossibleError } from "./not_possible.ts";
import { reconcile } from "./reconcile.ts";
import { readRecords } from "./records.ts";
import { type Outcome, type RunOptions, runScenario } from "./run.ts";
import type { Scenario } from "./scenarios.ts";
import type { NotRun, Row } from "./table.ts";

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
    return steps.map(({ scenario }) => {
      const row = notRun(scenario, error);
      onRow(row);
      return row;
    });
  }
  await using fleet = starting;
  const chains = new ChainWatch(fleet.postgres.url);
  const rows: Row[] = [];
  for (const { scenario, options } of steps) {
    const row = await runScenario(scenario, fleet, chains, options).catch((error) => notRun(scenario, error));
    rows.push(row);
    onRow(row);
  }
  const final: Row[] = [];
  for (const row of rows) final.push("notRun" in row ? row : await lookAgain(fleet, row));
  return final;
}

/** @throws the error, where it is another than that the scenario is not possible */
function notRun({ name }: Scenario, error: unknown): NotRun {
  if (!(error instanceof NotPossibleError)) throw error;
  return { name, notRun: error.message };
}

/** Whether the log still says the same of a scenario after all that came later: a record may have come twice. */
async function lookAgain({ postgres }: Fleet, outcome: Outcome): Promise<Outcome> {
  const later = reconcile(outcome.ledger, await readRecords(postgres, outcome));
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
