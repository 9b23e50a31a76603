import { setTimeout as wait } from "node:timers/promises";
import type { ChainWatch } from "./chains.ts";
import type { Fleet } from "./fleet.ts";
import { Ledger } from "./ledger.ts";
import { type LoadOptions, startLoad } from "./load.ts";
import { type MemoryUse, printPercent, watchMemory } from "./memory.ts";
import { readMetric } from "./metric.ts";
import { NotPossibleError } from "./not_possible.ts";
import { reconcile, type Reconciliation } from "./reconcile.ts";
import { lastId, readRecords } from "./records.ts";
import { drained, recovered } from "./recovery.ts";
import type { Scenario, Stage } from "./scenarios.ts";

/** Lines of a server that help to understand what went wrong. */
const LINES = 30;

export interface RunOptions extends Pick<LoadOptions, "socketsPerServer" | "depth" | "thinkMs"> {
  /** Seconds of a scenario: a quarter before the damage, half for the outage, a quarter after the recovery. */
  readonly seconds: number;
  readonly freezeSeconds: number;
  /** Calls that a scenario may send. */
  readonly callsMax: number;
  /** What the servers' memory may grow by in the second half, as a part; anything where left out. */
  readonly growthMax?: number;
  /** Ends the run at the next pause. */
  readonly signal: AbortSignal;
}

/** How a scenario went. */
export interface Outcome extends Reconciliation {
  readonly name: string;
  /** The longest, where it did damage several times; `undefined` where it did none. */
  readonly recoveryMs: number | undefined;
  readonly memory: readonly MemoryUse[];
  readonly ledger: Ledger;
  /** Its records have larger ids. */
  readonly afterId: number;
  /** The servers' last lines where something was violated. */
  readonly lines: readonly string[];
}

/**
 * Runs a scenario under load and compares what the clients were told with what the log holds.
 *
 * @throws {NotPossibleError} where this machine does not let it do its damage
 */
export async function runScenario(
  scenario: Scenario,
  fleet: Fleet,
  chains: ChainWatch,
  { seconds, freezeSeconds, callsMax, growthMax = Infinity, signal, ...load }: RunOptions,
): Promise<Outcome> {
  const ledger = new Ledger(scenario.name, callsMax);
  const afterId = await lastId(fleet.postgres);
  const breaches: string[] = [];
  const known = new Set(faultsOf(fleet));
  let recoveryMs: number | undefined;
  const stage: Stage = {
    fleet,
    ledger,
    outageMs: seconds * 500,
    freezeMs: freezeSeconds * 1000,
    pause: async (ms) => await wait(ms, undefined, { signal }),
    async recover() {
      recoveryMs = Math.max(recoveryMs ?? 0, await recovered(fleet, ledger, signal));
    },
    breach: (words) => breaches.push(words),
  };
  // What cannot be done is a finding, and no reason not to look at the log.
  const attempt = async (step: () => Promise<void>) => {
    try {
      await step();
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof NotPossibleError) throw error;
      breaches.push(error instanceof Error ? error.message : String(error));
    }
  };

  await using memoryWatch = watchMemory(fleet.servers);
  await using running = startLoad({ servers: fleet.servers, ledger, ...load });
  await stage.pause(seconds * 250);
  await attempt(() => scenario.disturb(stage));
  await stage.pause(seconds * 250);
  await running.stop();
  const memory = await memoryWatch.end();
  await attempt(() => drained(fleet, signal));

  const reconciliation = reconcile(ledger, await readRecords(fleet.postgres, { name: ledger.name, afterId }));
  const { unansweredOnRecord } = reconciliation;
  if (scenario.answersAll && unansweredOnRecord > 0) {
    breaches.push(`${unansweredOnRecord} calls ran and were never answered, though no server was killed`);
  }
  for (const { server, secondHalfGrowth = 0 } of memory) {
    if (secondHalfGrowth > growthMax) {
      breaches.push(`the memory of ${server} grew by ${printPercent(secondHalfGrowth)}`);
    }
  }
  for (const server of fleet.servers) {
    const found = await readMetric(server, "mcp_audit_verification_failures");
    if (found !== 0) {
      breaches.push(`${server.name} itself found ${found ?? "?"} places where the log is not what was written`);
    }
  }
  const faults = faultsOf(fleet).filter((fault) => !known.has(fault));
  const violations = [...reconciliation.violations, ...breaches, ...faults, ...await chains.verify()];
  const lines = violations.length === 0
    ? []
    : fleet.servers.flatMap(({ name, output }) =>
      output().trimEnd().split("\n").slice(-LINES).map((line) => `${name}: ${line}`)
    );
  return { ...reconciliation, name: scenario.name, recoveryMs, memory, ledger, afterId, violations, lines };
}

function faultsOf({ servers }: Fleet): readonly string[] {
  return servers.flatMap((server) => server.faults());
}
