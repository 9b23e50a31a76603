// Milliseconds from spawning the server to its first answered ctx.get, and what it has used of processor and memory by
// then; every variant in turn in every round:
//   deno task bench:start [rounds] [folder]
// The folder is another checkout to compare with: its starts are interleaved, and a ratio is the median of the rounds'
// own. `--json FILE` writes what was measured.

import { parseArgs } from "node:util";
import { startKubernetesApi } from "../tests/services/kubernetes.ts";
import { ROOT } from "../tests/services/server.ts";
import { coldCache, firstAnswer, LIST_PODS, type Start } from "./start/first_answer.ts";
import { median, table } from "./start/figures.ts";
import { startStores } from "./stores.ts";

const { values: { json }, positionals: [roundsGiven, folder] } = parseArgs({
  allowPositionals: true,
  options: { json: { type: "string" } },
});
const rounds = Number(roundsGiven ?? 11);

await using closing = new AsyncDisposableStack();
const { settings: stores } = await startStores(closing);
const kubernetes = closing.use(await startKubernetesApi());
const cluster = { KUBECONFIG: kubernetes.kubeconfigPath };

/** What is started, and with what it is asked first. */
const variants: Readonly<Record<string, () => Promise<Start>>> = {
  "an empty Deno program that listens": () => once({ entry: "bench/start/empty.ts" }),
  "embedded stores": () => once({}),
  "Redis and Postgres": () => once({ settings: stores }),
  "Redis and Postgres, a cluster configured": () => once({ settings: { ...stores, ...cluster } }),
  // Its own stores each time: a shared cache would have the answer.
  "embedded stores and a cluster, asked for pods": () => once({ settings: cluster, call: LIST_PODS }),
  "Redis and Postgres, cold": () => once({ settings: stores, cold: true }),
};
const compared: Readonly<Record<string, () => Promise<Start>>> = folder === undefined ? {} : {
  "embedded stores, before": () => once({ root: folder }),
  "Redis and Postgres, before": () => once({ root: folder, settings: stores }),
  "Redis and Postgres, cold, before": () => once({ root: folder, settings: stores, cold: true }),
};

interface Asked {
  readonly root?: string;
  readonly entry?: string;
  readonly settings?: Readonly<Record<string, string>>;
  readonly call?: string;
  /** With the packages that Deno has kept, and nothing of what it made of them or of ours. */
  readonly cold?: boolean;
}

/** One start with a folder of its own. */
async function once({ root = ROOT, entry = "main.ts", settings = {}, call, cold = false }: Asked): Promise<Start> {
  await using folders = new AsyncDisposableStack();
  const dataDir = await Deno.makeTempDir({ prefix: "start-" });
  folders.defer(() => Deno.remove(dataDir, { recursive: true }));
  const cache = cold ? folders.use(await coldCache()) : undefined;
  const env = { ...settings, DATA_DIR: dataDir, ...(cache && { DENO_DIR: cache.path }) };
  return await firstAnswer({ root, entry, env, ...(call !== undefined && { call }) });
}

const all = Object.entries({ ...variants, ...compared });
// Whatever a first start writes into the caches, and the schema.
for (const [, run] of all) await run();
const runs = new Map<string, Start[]>(all.map(([name]) => [name, []]));
for (let round = 0; round < rounds; round++) {
  // Turned around in every second round: what comes first is not always the same.
  for (const [name, run] of round % 2 === 0 ? all : all.toReversed()) runs.get(name)?.push(await run());
}

const ratios = Object.keys(compared).map((before) => {
  const after = before.replace(/, before$/, "");
  const [olds, news] = [runs.get(before) ?? [], runs.get(after) ?? []];
  const of = (pick: (start: Start) => number) =>
    median(news.map((start, i) => pick(start) / pick(olds[i] ?? start))).toFixed(2);
  return [after, of(({ ms }) => ms), of(({ processorMs }) => processorMs), of(({ rssMiB }) => rssMiB)];
});
const rows = Array.from(runs, ([name, starts]) => {
  const of = (pick: (start: Start) => number) => starts.map(pick).toSorted((a, b) => a - b);
  const ms = of((start) => start.ms);
  return [
    name,
    ...[ms[0] ?? NaN, median(ms), ms.at(-1) ?? NaN].map((value) => `${Math.round(value)}`),
    `${Math.round(median(of((start) => start.processorMs)))}`,
    `${Math.round(median(of((start) => start.rssMiB)))}`,
  ];
});
const head = ["What is started", "min ms", "median ms", "max ms", "processor ms", "RSS MiB"];
// deno-lint-ignore no-console -- Its result.
const print = (text: string) => console.log(text);
print(table(head, rows));
if (ratios.length > 0) print(`\n${table(["Ratio to before", "ms", "processor ms", "RSS"], ratios)}`);
if (json !== undefined) await Deno.writeTextFile(json, `${JSON.stringify(Object.fromEntries(runs), null, 2)}\n`);
