// Speed beside its limits and its peers, in one run (`deno task bench`): the server has one core, the load and the stores
// the others; every subject has its turn in every round.
//   deno task bench [--rounds 5] [--seconds 0.5] [--filter 'WebSocket 50'] [--peers FOLDER]
// --filter is a regular expression over "load, subject, call"; the raw echo of each load that is left is always measured.
// --peers is where npm has installed the peers; without it they are left out:
//   npm install --prefix FOLDER @modelcontextprotocol/server-everything@2026.8.31 kubernetes-mcp-server@0.0.67

import { parseArgs } from "node:util";
import { ECHO } from "./whole/cell.ts";
import { startAll } from "./whole/all_cells.ts";
import { measure } from "./whole/measure.ts";
import { printTable } from "./whole/table.ts";
import { keepOffItsCore } from "./whole/subject.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "0.5" },
    filter: { type: "string", default: "" },
    peers: { type: "string" },
  },
});
await keepOffItsCore();
await using closing = new AsyncDisposableStack();
const all = await startAll(closing, values.peers);
const filter = new RegExp(values.filter);
const isAsked = ({ load, subject, call }: typeof all[number]) => filter.test(`${load}, ${subject}, ${call}`);
const loads = new Set(all.filter((cell) => isAsked(cell)).map(({ load }) => load));
const cells = all.filter((cell) => isAsked(cell) || (cell.subject === ECHO && loads.has(cell.load)));
const rows = await measure(cells, Number(values.rounds), Number(values.seconds));
// deno-lint-ignore no-console -- Its result.
console.log(printTable(rows));
