// Seconds from spawning the server to its first answered call, on the embedded stores and with a warm module cache:
//   deno run -A bench/start.ts [runs]

const RUNS = Number(Deno.args[0] ?? 11);
const CALL = '{"jsonrpc":"2.0","id":1,"method":"ctx.get","params":{"key":"first"}}';
const FLAGS = ["--allow-net", "--allow-env", "--allow-read", "--allow-write", "--allow-sys"];
const ROOT = new URL("..", import.meta.url).pathname;

/** Milliseconds to the first answered `ctx.get`, asked for every 2 ms from the spawn on, and the process' peak memory. */
async function start(dataDir: string): Promise<{ readonly ms: number; readonly rssMiB: number }> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  const env = { HOST: "127.0.0.1", PORT: `${port}`, DATA_DIR: dataDir };
  const startedMs = performance.now();
  const args = ["run", "--quiet", ...FLAGS, `${ROOT}main.ts`];
  const child = new Deno.Command(Deno.execPath(), { args, env, stdout: "null", stderr: "inherit" }).spawn();
  try {
    const deadlineMs = startedMs + 30_000;
    while (performance.now() < deadlineMs) {
      try {
        const headers = { "content-type": "application/json" };
        const response = await fetch(`http://127.0.0.1:${port}/mcp`, { method: "POST", headers, body: CALL });
        const reply = await response.json();
        if (reply.result.value !== null) throw new Error(`Unexpected reply ${JSON.stringify(reply)}`);
        const ms = performance.now() - startedMs;
        const [, kib = "0"] = /VmHWM:\s+(\d+)/.exec(await Deno.readTextFile(`/proc/${child.pid}/status`)) ?? [];
        return { ms, rssMiB: Number(kib) / 1024 };
      } catch (error) {
        // Not listening yet.
        if (!(error instanceof TypeError)) throw error;
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
    }
    throw new Error("No answer in 30 s");
  } finally {
    child.kill("SIGTERM");
    await child.status;
  }
}

const dataDir = await Deno.makeTempDir({ prefix: "start-" });
try {
  await start(dataDir);
  const runs = [];
  for (let i = 0; i < RUNS; i++) runs.push(await start(dataDir));
  const sorted = (values: readonly number[]) => values.toSorted((a, b) => a - b).map((value) => Math.round(value));
  const [ms, rss] = [sorted(runs.map((run) => run.ms)), sorted(runs.map((run) => run.rssMiB))];
  const row = (name: string, values: readonly number[]) =>
    `${name}: min ${values[0]}, median ${values[values.length >> 1]}, max ${values.at(-1)} (${RUNS} runs)`;
  // deno-lint-ignore no-console -- Its result.
  console.log(`${row("First answered call, ms", ms)}\n${row("Peak resident memory, MiB", rss)}`);
} finally {
  await Deno.remove(dataDir, { recursive: true });
}
