import { table } from "../start/figures.ts";
import type { Figures } from "./curves.ts";

const REPLICAS = [1, 3, 10, 30];
/** Of a core or an engine: beyond it what waits grows faster than what is done. */
const SHARE = 0.7;
const SECONDS_A_DAY = 86_400;
const GIB = 2 ** 30;
/** Rows of a log that is read and verified in one piece. */
const ROWS_MEASURED = 10_000_000;

type Measured = readonly { readonly size: number; readonly figures: Figures }[];

/** What was measured of one replica, of which the rest is worked out. */
async function readInputs() {
  const read = async (path: string) => JSON.parse(await Deno.readTextFile(new URL(path, import.meta.url)));
  const { rows } = await read("../../docs/performance.json") as { rows: readonly Row[] };
  const ofReplica = rows.find((row) =>
    row.load === "WebSocket 50 × 1" && row.subject === "Redis + Postgres" && row.call === "ctx.get"
  );
  const curve = async (name: string, size?: number) => {
    const measured: Measured = await read(`results/${name}.json`);
    return (measured.find((one) => one.size === size) ?? measured.at(-1))?.figures ?? {};
  };
  const [one, sockets, log] = [await curve("replicas", 1), await curve("idle-sockets"), await curve("audit-rows")];
  return {
    replicaMicros: ofReplica?.processorMicros ?? NaN,
    redisMicros: one["µs of Redis a call"] ?? NaN,
    postgresMicros: one["µs of Postgres a call"] ?? NaN,
    socketKib: sockets["KiB a socket"] ?? NaN,
    rowBytes: (log["table, bytes a row"] ?? NaN) + (log["indexes, bytes a row"] ?? NaN),
  };
}

interface Row {
  readonly load: string;
  readonly subject: string;
  readonly call: string;
  readonly processorMicros: number;
}

/** What one core holds, and what clusters of replicas would, as Markdown: all of it from what was measured. */
export async function printArithmetic(): Promise<string> {
  const { replicaMicros, redisMicros, postgresMicros, socketKib, rowBytes } = await readInputs();
  const callsOfCore = 1e6 / replicaMicros * SHARE;
  const inputs = table(["Measured", "Figure", "So at 70 %"], [
    ["A replica's processor, a call", `${round(replicaMicros)} µs`, `${round(callsOfCore)} calls/s a replica`],
    ["Redis' processor, a call", `${round(redisMicros)} µs`, `${round(1e6 / redisMicros * SHARE)} calls/s, one thread`],
    [
      "Postgres' processors, a record",
      `${round(postgresMicros)} µs`,
      `${round(1e6 / postgresMicros * SHARE)} records/s a core`,
    ],
    ["A record in the log", `${round(rowBytes)} bytes`, `${round(GIB / rowBytes / 1e6)} million records a GiB`],
    ["An idle socket", `${round(socketKib)} KiB`, `${round(10_000 * socketKib / 1024)} MiB for 10,000`],
  ]);
  const clusters = table(
    ["Replicas", "calls/s", "Redis, % of its thread", "Postgres, cores", "GiB a day", "minutes to 10 M records"],
    REPLICAS.map((count) => {
      const calls = callsOfCore * count;
      return [
        `${count}`,
        round(calls),
        round(calls * redisMicros / 1e4),
        round(calls * postgresMicros / 1e6 / SHARE),
        round(calls * SECONDS_A_DAY * rowBytes / GIB),
        round(ROWS_MEASURED / calls / 60),
      ];
    }),
  );
  return `${inputs}\n\n${clusters}\n`;
}

function round(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString("en") : value.toPrecision(2);
}
