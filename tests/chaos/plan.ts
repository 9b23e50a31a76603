import { verifyLog } from "./audit_verify.ts";
import { ChainWatch } from "./chains.ts";
import { type Fleet, startFleet } from "./fleet.ts";
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

/** Told as it goes. */
export interface Told {
  /** A scenario has ended. */
  onRow(row: Row): void;
  /** The log of several was verified as a whole; what was found stands with the last of them. */
  onLog(summary: string): void;
}

/**
 * Runs steps in their order; those that stand together and want the same fleet share one, until something is violated:
 * what is left of that fleet says nothing of the next scenario.
 */
export async function runPlan(steps: readonly Step[], told: Told): Promise<readonly Row[]> {
  const rows: Row[] = [];
  while (rows.length < steps.length) {
    const rest = steps.slice(rows.length);
    const other = rest.findIndex(({ scenario }) => scenario.fleet !== rest[0]?.scenario.fleet);
    for (const row of await runTogether(other < 0 ? rest : rest.slice(0, other), told)) rows.push(row);
  }
  return rows;
}

/** @returns rows of the steps that were run: at least of one */
async function runTogether(steps: readonly Step[], { onRow, onLog }: Told): Promise<readonly Row[]> {
  const rows: Row[] = [];
  const enter = (row: Row) => {
    rows.push(row);
    onRow(row);
  };
  let starting: Fleet;
  try {
    starting = await startFleet(steps[0]?.scenario.fleet ?? {});
  } catch (error) {
    for (const { scenario } of steps) enter(notRun(scenario, error));
    return rows;
  }
  await using fleet = starting;
  const chains = new ChainWatch(fleet.postgres.url);
  for (const { scenario, options } of steps) {
    const row = await runScenario(scenario, fleet, chains, options).catch((error) => notRun(scenario, error));
    enter(row);
    if ("violations" in row && row.violations.length > 0) break;
  }
  const log = await verifyLog(fleet);
  onLog(log.summary);
  const final: Row[] = [];
  for (const row of rows) final.push("notRun" in row ? row : await lookAgain(fleet, row));
  const last = final.at(-1);
  if (!last || "notRun" in last) return final;
  return [...final.slice(0, -1), { ...last, violations: [...last.violations, ...log.violations] }];
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
