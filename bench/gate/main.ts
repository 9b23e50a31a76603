// Whether a call costs more of the processor than it did: the server's processor time a call beside that of a raw echo
// in the same rounds, against bench/baseline.json. CI runs it alone; other work on the machine is on both sides of a ratio.
//   deno task bench:gate [--write]
// It needs redis-server and postgres. --write makes the baseline anew.

import { parseArgs } from "node:util";
import { startStores } from "../stores.ts";
import { type Cell, ECHO, httpCell, isEcho, webSocketCell } from "../whole/cell.ts";
import { measure } from "../whole/measure.ts";
import { officialCells } from "../whole/official_cells.ts";
import { keepOffItsCore, startEcho, startProduct, type Subject } from "../whole/subject.ts";
import { findRegressions, type Ratios } from "./verdict.ts";

const BASELINE = new URL("../baseline.json", import.meta.url);
const { values: { write } } = parseArgs({ options: { write: { type: "boolean", default: false } } });
/** Warm for so long that the optimizer has done most of its work. */
const PASS = { rounds: 7, seconds: 0.2, warmSeconds: 1 };
/** Other work at a bad moment is not taken for a regression: what is one is there each time. */
const TRIES = 3;
/** Under which the server is busy all the time, so that what a call costs hangs on little else. */
const BUSY = [50, 8] as const;
const HTTP_BUSY = [50, 1] as const;

// deno-lint-ignore no-console -- Its result.
const print = (line: string) => console.log(line);

await using closing = new AsyncDisposableStack();
await keepOffItsCore();
const { settings } = await startStores(closing);
const dataDir = await Deno.makeTempDir({ prefix: "gate-" });
closing.defer(() => Deno.remove(dataDir, { recursive: true }));
const stores = { ...settings, DATA_DIR: dataDir };
type Named = readonly [string, Subject];
const echo: Named = [ECHO, closing.use(await startEcho("echo"))];
const alone: Named = ["no stores", closing.use(await startProduct({}, "bench/whole/no_stores.ts"))];
const full: Named = ["Redis + Postgres", closing.use(await startProduct(stores))];
const cells: readonly Cell[] = [
  webSocketCell(echo, "ctx.get", BUSY, isEcho),
  webSocketCell(alone, "ctx.get", BUSY),
  webSocketCell(full, "ctx.get", BUSY),
  httpCell(echo, "ctx.get", HTTP_BUSY, { isAnswer: isEcho }),
  httpCell(alone, "ctx.get", HTTP_BUSY),
  ...officialCells(alone, "ctx_get").filter(({ call }) => call.endsWith("2026-07-28")),
];

async function measureRatios(): Promise<Ratios> {
  const rows = await measure(cells, PASS);
  return Object.fromEntries(
    rows.filter(({ subject }) => subject !== ECHO)
      .map((row) => [`${row.load}, ${row.subject}, ${row.call}`, Number(row.processorToEcho.toPrecision(3))]),
  );
}

if (write) {
  const ratios = await measureRatios();
  await Deno.writeTextFile(BASELINE, `${JSON.stringify(ratios, null, 2)}\n`);
  print(JSON.stringify(ratios, null, 2));
} else {
  const baseline: Ratios = JSON.parse(await Deno.readTextFile(BASELINE));
  let found = findRegressions(baseline, {});
  for (let tries = 1; tries <= TRIES && found.length > 0; tries++) {
    const measured = await measureRatios();
    for (const [name, ratio] of Object.entries(measured)) print(`${name}: ${ratio}, baseline ${baseline[name]}`);
    found = findRegressions(baseline, measured);
  }
  for (const { name, baseline, measured } of found) {
    print(`FAILED: ${name} is at ${measured} of a raw echo by processor time, more than 20 % below ${baseline}`);
  }
  if (found.length > 0) Deno.exitCode = 1;
}
