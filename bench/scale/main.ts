// How each operation grows with what it works on, over real stores, one curve at a time:
//   deno task bench:scale CURVE [SIZE…]
//   deno task bench:scale arithmetic
// A curve's table is put into docs/scaling.md, its figures into bench/scale/results/CURVE.json; arithmetic works out anew
// what follows of them and of docs/performance.json.

import { table } from "../start/figures.ts";
import { printArithmetic } from "./arithmetic.ts";
import { auditRows, connections, contextKeys, type Figures, payload, pods, tools } from "./curves.ts";
import { idleSockets } from "./idle_sockets.ts";
import { replicas } from "./replicas.ts";

/** What is worked out of the curves, in its own place of the document. */
const ARITHMETIC = "arithmetic";

interface Curve {
  readonly measure: (size: number) => Promise<Figures>;
  /** What its sizes count. */
  readonly unit: string;
  /** What is measured where no sizes are given. */
  readonly sizes: readonly number[];
}

const CURVES: Readonly<Record<string, Curve>> = {
  "idle-sockets": { measure: idleSockets, unit: "Idle sockets", sizes: [1000, 10_000] },
  connections: { measure: connections, unit: "Connections that call", sizes: [1, 10, 100, 1000, 5000] },
  payload: { measure: payload, unit: "Bytes of the value", sizes: [100, 1000, 10_000, 60_000] },
  "audit-rows": { measure: auditRows, unit: "Audit rows", sizes: [10_000, 100_000, 1_000_000, 10_000_000] },
  "context-keys": { measure: contextKeys, unit: "Context keys", sizes: [1000, 10_000, 100_000, 1_000_000] },
  tools: { measure: tools, unit: "Tools", sizes: [2, 20, 200] },
  replicas: { measure: replicas, unit: "Replicas", sizes: [1, 3] },
  pods: { measure: pods, unit: "Pods of the namespace", sizes: [50, 500, 5000] },
};

const ROOT = new URL("../../", import.meta.url);

async function measureCurve(name: string, { measure, unit, sizes: usual }: Curve, given: readonly string[]) {
  const sizes = given.length > 0 ? given.map(Number) : usual;
  const measured: { readonly size: number; readonly figures: Figures }[] = [];
  for (const size of sizes) measured.push({ size, figures: await measure(size) });
  await Deno.mkdir(new URL("bench/scale/results/", ROOT), { recursive: true });
  await Deno.writeTextFile(new URL(`bench/scale/results/${name}.json`, ROOT), `${JSON.stringify(measured, null, 2)}\n`);

  const columns = Object.keys(measured[0]?.figures ?? {});
  const rows = measured.map(({ size, figures }) => [
    size.toLocaleString("en"),
    ...columns.map((column) => print(figures[column] ?? NaN)),
  ]);
  const [first, last] = [measured[0]?.figures ?? {}, measured.at(-1)?.figures ?? {}];
  const times = (sizes.at(-1) ?? NaN) / (sizes[0] ?? NaN);
  const growth = columns.map((column) => `× ${print((last[column] ?? NaN) / (first[column] ?? NaN))}`);
  return `${table([unit, ...columns], [...rows, [`× ${print(times)}`, ...growth]])}\n`;
}

/** Puts a text into its place in the document. */
async function put(name: string, text: string): Promise<void> {
  const document = new URL("docs/scaling.md", ROOT);
  const [start, end] = [`<!-- ${name}: deno task bench:scale -->\n\n`, `\n<!-- /${name} -->`];
  const [before, rest = ""] = (await Deno.readTextFile(document)).split(start);
  const after = rest.split(end)[1];
  if (after === undefined) throw new Error(`Cannot find ${JSON.stringify(start)} and ${JSON.stringify(end)}`);
  await Deno.writeTextFile(document, `${before}${start}${text}${end}${after}`);
}

const [name = "", ...given] = Deno.args;
const curve = Object.hasOwn(CURVES, name) ? CURVES[name] : undefined;
if (!curve && name !== ARITHMETIC) {
  const names = [...Object.keys(CURVES), ARITHMETIC].join(", ");
  throw new Error(`Cannot measure ${JSON.stringify(name)}: expected one of ${names}`);
}
if (curve) {
  const text = await measureCurve(name, curve, given);
  await put(name, text);
  // deno-lint-ignore no-console -- Its result.
  console.log(text);
}
await put(ARITHMETIC, await printArithmetic());

function print(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString("en") : value.toPrecision(value < 1 ? 2 : 3);
}
