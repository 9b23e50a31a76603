// What the audit log costs: the same calls against the server and against one whose log keeps nothing, in turn, with a
// real Redis (append-only file on) and a real Postgres (fsync and synchronous_commit on):
//   deno run -A bench/audit_cost.ts [rounds] [seconds]

import { startService } from "../tests/services/process.ts";
import { bareEnvironment, ROOT, SERVER_FLAGS } from "../tests/services/server.ts";
import { load, type Measured } from "./cost/load.ts";
import { startStores } from "./stores.ts";

const [rounds, seconds] = [Number(Deno.args[0] ?? 5), Number(Deno.args[1] ?? 4)];
const LOADS = [[1, 1], [50, 1], [50, 8]] as const;

async function startEntry(entry: string, env: Record<string, string>) {
  const service = startService(Deno.execPath(), {
    args: ["run", "--quiet", ...SERVER_FLAGS, `${ROOT}${entry}`],
    env: { ...bareEnvironment(), HOST: "127.0.0.1", PORT: "0", RATE_LIMIT_PER_MINUTE: "0", ...env },
    clearEnv: true,
    cwd: ROOT,
  });
  await service.printed(/Listening on \S+:\d+\n/);
  const [, port] = /Listening on \S+:(\d+)\n/.exec(service.output()) ?? [];
  return { service, url: `ws://127.0.0.1:${port}/mcp` };
}

const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;

await using closing = new AsyncDisposableStack();
const { redis, postgres } = await startStores(closing);
const dataDir = await Deno.makeTempDir({ prefix: "cost-" });
closing.defer(() => Deno.remove(dataDir, { recursive: true }));
const env = { REDIS_URL: redis.url, DATA_DIR: dataDir };
const audited = await startEntry("main.ts", { ...env, DATABASE_URL: postgres.url });
closing.use(audited.service);
const bare = await startEntry("bench/whole/no_stores.ts", env);
closing.use(bare.service);

const lines = [
  "| connections × depth | with the log, calls/s | without, calls/s | ratio | p50 / p99 ms with | p50 / p99 ms without |",
];
lines.push("| --- | --- | --- | --- | --- | --- |");
for (const [connections, depth] of LOADS) {
  const runs: { readonly withLog: Measured; readonly without: Measured }[] = [];
  for (const { url } of [audited, bare]) await load(url, { connections, depth, seconds: 1 });
  for (let round = 0; round < rounds; round++) {
    const withLog = await load(audited.url, { connections, depth, seconds });
    runs.push({ withLog, without: await load(bare.url, { connections, depth, seconds }) });
  }
  const of = (pick: (run: typeof runs[number]) => number) => median(runs.map(pick));
  const ratio = of(({ withLog, without }) => withLog.callsPerSecond / without.callsPerSecond);
  const ms = (which: "withLog" | "without") =>
    `${of((run) => run[which].p50Ms).toFixed(1)} / ${of((run) => run[which].p99Ms).toFixed(1)}`;
  const rate = (which: "withLog" | "without") => Math.round(of((run) => run[which].callsPerSecond));
  lines.push(
    `| ${connections} × ${depth} | ${rate("withLog")} | ${rate("without")} | ${ratio.toFixed(2)} | ${ms("withLog")} | ${
      ms("without")
    } |`,
  );
}
const count = (await postgres.psql(["-At", "-c", "SELECT count(*) FROM audit_logs"])).trim();
// deno-lint-ignore no-console -- Its result.
console.log(
  `${lines.join("\n")}\n\nMedians of ${rounds} interleaved runs of ${seconds} s; ${count} records in audit_logs.`,
);
