// Asks for one and a half times and twice what the server can, over Redis and Postgres with the bounds that it has where
// nothing is set: what it still answers, what it refuses, and how long its event loop stands still.
//   deno task bench:overload [--write]
// It needs redis-server and postgres. With --write the table is put into docs/performance.md.

import { parseArgs } from "node:util";
import { printTable, withGenerated } from "../scripts/generated.ts";
import { closedLoop } from "./load/closed_loop.ts";
import { steadyLoad } from "./load/open_loop.ts";
import { median, percentiles } from "./load/run.ts";
import { startStores } from "./stores.ts";
import { type Cell, webSocketCell } from "./whole/cell.ts";
import { describeMachine, printMachine } from "./whole/machine.ts";
import { longestOf, stallsIn } from "./whole/stall.ts";
import { startWatched, type Subject } from "./whole/subject.ts";

const { values } = parseArgs({ options: { write: { type: "boolean", default: false } } });
const DOCUMENT = new URL("../docs/performance.md", import.meta.url);
const SHARES = [0.8, 1.5, 2];
const WARM_SECONDS = 8;
const SECONDS = 10;
const HEAD = ["asked, of capacity", "answered", "refused", "p50 / p99 ms of what is answered", "longest stall, ms"];

/** Asks for so much of its capacity. @returns a row of the table */
async function ask(server: Subject, cell: Cell, capacity: number, share: number): Promise<readonly string[]> {
  const printedBefore = server.output().length;
  const tookMs: number[] = [];
  const startedMs = performance.now();
  const { calls, errors } = await steadyLoad({
    ...cell,
    seconds: SECONDS,
    callsPerSecond: capacity * share,
    onReply: (ms, isError) => void (isError || tookMs.push(ms)),
  });
  const seconds = (performance.now() - startedMs) / 1000;
  const { p50Ms, p99Ms } = percentiles(Float64Array.from(tookMs));
  const percent = (part: number) => `${Math.round(part * 100)} %`;
  const perSecond = (count: number) => `${(count / seconds).toFixed(0)} a second`;
  return [
    percent(share),
    `${perSecond(calls - errors)}, ${percent((calls - errors) / seconds / capacity)} of capacity`,
    perSecond(errors),
    `${p50Ms.toFixed(0)} / ${p99Ms.toFixed(0)}`,
    longestOf(stallsIn(server.output().slice(printedBefore))).ms.toFixed(0),
  ];
}

const machine = await describeMachine();
await using closing = new AsyncDisposableStack();
const { settings } = await startStores(closing);
const folder = await Deno.makeTempDir({ prefix: "overload-" });
closing.defer(() => Deno.remove(folder, { recursive: true }));
const stores = { ...settings, DATA_DIR: folder };
const bounds = { IN_FLIGHT_MAX: "32" };
const server = closing.use(await startWatched({ ...stores, ...bounds }));
const cell = webSocketCell(["server", server], "ctx.get", [50, 8]);
await closedLoop({ ...cell, seconds: WARM_SECONDS });
const reached = [];
for (let turn = 0; turn < 3; turn++) reached.push((await closedLoop({ ...cell, seconds: 3 })).callsPerSecond);
const capacity = median(reached);
const rows = [];
for (const share of SHARES) rows.push(await ask(server, cell, capacity, share));
const report = [
  ...printMachine(machine).map((line) => `- ${line}`),
  `- Capacity, from 50 connections with 8 calls each: ${capacity.toFixed(0)} calls a second`,
  "",
  printTable([HEAD, ...rows]),
].join("\n");
// deno-lint-ignore no-console -- Its result.
console.log(report);
if (values.write) {
  const document = await Deno.readTextFile(DOCUMENT);
  await Deno.writeTextFile(DOCUMENT, withGenerated(document, "overload", report, "bench:overload --write"));
}
