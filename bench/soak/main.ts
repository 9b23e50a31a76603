// Ten minutes at 80 % of what the server can, over Redis and Postgres, beside a peer that never reads and one that sends
// 1 MiB a second: whether latency, stalls, memory, descriptors and the queue stay as they were. Exit code 1 where not.
//   deno task soak [--seconds 600] [--write]
// It needs redis-server and postgres. A run of the whole length is put into docs/performance.md and docs/soak.json, a
// shorter one only with --write.

import { parseArgs } from "node:util";
import { startStores } from "../stores.ts";
import { describeMachine, stolenSeconds } from "../whole/machine.ts";
import { measureSteady } from "../whole/steady.ts";
import { startWatched } from "../whole/subject.ts";
import { createObserver } from "./observe.ts";
import { printSoak, writeSoak } from "./report.ts";
import { judgeSoak } from "./verdict.ts";
import { printRow, WINDOW_HEAD } from "./windows.ts";

const { values } = parseArgs({ options: { seconds: { type: "string" }, write: { type: "boolean", default: false } } });
const seconds = Number(values.seconds ?? 600);
if (!(seconds >= 30)) throw new Error(`Expected --seconds of 30 or more, but got ${JSON.stringify(values.seconds)}`);

/** What it can in each of three minutes: in some Postgres writes little of what it was given to disk. */
const CAPACITY = { count: 3, seconds: 60, told: (minutes: readonly number[]) => Math.min(...minutes) };

/** Of each of 50 connections: some two seconds' worth in all, as long as a disk may stand still. */
const BOUNDS = { IN_FLIGHT_MAX: "400" };

// deno-lint-ignore no-console -- Its result.
const print = (line: string) => console.log(line);

const machine = await describeMachine();
await using closing = new AsyncDisposableStack();
const { settings } = await startStores(closing);
const folder = await Deno.makeTempDir({ prefix: "soak-" });
closing.defer(() => Deno.remove(folder, { recursive: true }));
const stores = { ...settings, DATA_DIR: folder };
const server = closing.use(await startWatched({ ...stores, ...BOUNDS }));

print(WINDOW_HEAD.join(" | "));
const observer = createObserver(server, (at, figures) => print(printRow(at, figures).join(" | ")));
const stolenBefore = stolenSeconds();
const steady = await measureSteady(server, seconds, observer, CAPACITY);
const stolen = stolenSeconds() - stolenBefore;
const { windows } = observer;
const soak = { machine, seconds, stolen, steady, checks: judgeSoak(steady, windows, machine.cores), windows };
print(printSoak(soak));
if (values.write || values.seconds === undefined) await writeSoak(soak);
if (soak.checks.some(({ isMet }) => !isMet)) Deno.exitCode = 1;
