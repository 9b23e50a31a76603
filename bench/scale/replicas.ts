import { startRoundRobin } from "../../tests/services/proxy.ts";
import { closedLoop } from "../load/closed_loop.ts";
import { threadsMs } from "../load/process_cost.ts";
import { webSocketCell } from "../whole/cell.ts";
import { COUNTED, startWhole } from "./stores.ts";

/** Of each replica: what it does at once is what makes a call cheap. */
const CONNECTIONS = 48;
const WARM_SECONDS = 8;
const SECONDS = 6;

/**
 * So many replicas on the same stores behind a proxy that gives each connection to the next of them: what a call costs of
 * processors, since all of them share this machine's.
 */
export async function replicas(count: number): Promise<Readonly<Record<string, number>>> {
  await using whole = await startWhole(COUNTED);
  await using more = new AsyncDisposableStack();
  const servers = [whole.server];
  while (servers.length < count) servers.push(more.use(await whole.startAnother(COUNTED)));
  const proxy = more.use(startRoundRobin(servers.map(({ url }) => url)));
  const port = Number(new URL(proxy.url).port);
  const cell = webSocketCell(["replicas", { port, pid: whole.server.pid }], "ctx.get", [CONNECTIONS * count, 1]);
  await closedLoop({ ...cell, seconds: WARM_SECONDS });
  const read = async () => {
    const cpu = await whole.redis.cli("INFO", "cpu");
    const pids = await whole.postgres.psql(["-At", "-c", "SELECT pid FROM pg_stat_activity WHERE pid IS NOT NULL"]);
    return {
      servers: servers.reduce((sum, { pid }) => sum + threadsMs(pid), 0),
      redis: [...cpu.matchAll(/used_cpu_(?:sys|user):([\d.]+)/g)].reduce((sum, [, s]) => sum + Number(s) * 1000, 0),
      postgres: new Map(pids.trim().split("\n").map(Number).map((pid) => [pid, processMs(pid)])),
    };
  };
  const before = await read();
  const { callsPerSecond } = await closedLoop({ ...cell, seconds: SECONDS });
  const after = await read();
  const micros = (ms: number) => ms * 1000 / (callsPerSecond * SECONDS);
  const postgres = [...after.postgres].reduce((sum, [pid, ms]) => sum + ms - (before.postgres.get(pid) ?? ms), 0);
  return {
    "µs of the replicas a call": micros(after.servers - before.servers),
    "µs of Redis a call": micros(after.redis - before.redis),
    "µs of Postgres a call": micros(postgres),
  };
}

/** One that has ended meanwhile had its last query before. */
function processMs(pid: number): number {
  try {
    return threadsMs(pid);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return 0;
    throw error;
  }
}
