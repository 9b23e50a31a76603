// Speed beside its limits and its peers, in one run (`deno task bench`): the server has one core, the load and the stores
// the others; every subject has its turn in every round. It needs what the tests need: redis-server, postgres, npm.
//   deno task bench [--rounds 3] [--seconds 0.8] [--filter REGEXP] [--peers FOLDER | --no-peers] [--steady 10] [--short]
//     [--write]
// --filter is for "load, subject, call", such as 'WebSocket 50 × 1, .*, ctx.get'; the raw echo of each load that is left is
//   measured too, and the steps of a call and the load at 80 % are left out.
// --peers is where npm has installed the peers; they are installed into a temporary folder where it is left out.
// --steady is for how many seconds 80 % of capacity are asked for; 0 = not.
// --short takes few seconds: 1 round, no peers, nothing steady, no single steps.
// --write puts the results into docs/performance.json and docs/performance.md.

import { parseArgs } from "node:util";
import { runMicro } from "./micro/run.ts";
import { printReport, type Report, writeReport } from "./report.ts";
import { startAll, type Started } from "./whole/all_cells.ts";
import { type Cell, ECHO } from "./whole/cell.ts";
import { describeMachine } from "./whole/machine.ts";
import { measureGroups } from "./whole/measure.ts";
import { installPeers } from "./whole/peers.ts";
import { measureSteady } from "./whole/steady.ts";
import { keepOffItsCore } from "./whole/subject.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string" },
    seconds: { type: "string" },
    filter: { type: "string" },
    peers: { type: "string" },
    "no-peers": { type: "boolean", default: false },
    steady: { type: "string" },
    short: { type: "boolean", default: false },
    write: { type: "boolean", default: false },
  },
});
const WARM_SECONDS = 2;
const STEADY_TRIES = 3;

const isWhole = !values.short && values.filter === undefined;
const rounds = Number(values.rounds ?? (values.short ? 1 : 3));
const seconds = Number(values.seconds ?? (values.short ? 0.1 : 0.8));
const steadySeconds = Number(values.steady ?? (isWhole ? 10 : 0));

/** Those that are asked for, and the raw echo of each of their loads. */
function chosen(all: readonly Cell[]): readonly Cell[] {
  const filter = new RegExp(values.filter ?? "");
  const asked = new Set(all.filter(({ load, subject, call }) => filter.test(`${load}, ${subject}, ${call}`)));
  const loads = new Set([...asked].map(({ load }) => load));
  return all.filter((cell) => asked.has(cell) || (cell.subject === ECHO && loads.has(cell.load)));
}

/** A store that the disk kept from answering for a second ends a try: what was measured before is not lost by it. */
async function steadyOf(startWatched: Started["startWatched"]) {
  for (let tries = 1;; tries++) {
    try {
      return await measureSteady(await startWatched(), steadySeconds);
    } catch (error) {
      if (tries === STEADY_TRIES) throw error;
      // deno-lint-ignore no-console -- Who waits for the result is told what became of it.
      console.error(`80 % of capacity, try ${tries} of ${STEADY_TRIES}: ${error}`);
    }
  }
}

const machine = await describeMachine();
const micro = isWhole ? await runMicro() : [];
await using closing = new AsyncDisposableStack();
const hasPeers = !values.short && !values["no-peers"];
const peersIn = values.peers ?? (hasPeers ? await installPeers(closing) : undefined);
await keepOffItsCore();
const { cells, startWatched } = await startAll(closing, peersIn);
const rows = await measureGroups(chosen(cells), {
  ...{ rounds, seconds },
  warmSeconds: values.short ? seconds : WARM_SECONDS,
});
const steady = steadySeconds > 0 ? await steadyOf(startWatched) : undefined;
const report: Report = {
  machine,
  rounds,
  seconds,
  rows,
  micro,
  steady: steady && { ...steady, seconds: steadySeconds },
};
// deno-lint-ignore no-console -- Its result.
console.log(printReport(report));
if (values.write) await writeReport(report);
