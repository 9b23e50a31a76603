import { freePort, type Service, startService } from "../services/process.ts";
import { bareEnvironment, ROOT, SERVER_FLAGS } from "../services/server.ts";

/** What server/faults.ts logs: the process went on, but something threw where nobody caught it. */
const UNCAUGHT = ["and nobody waited for it", "and nobody caught it"];
const ASK_MS = 1000;

/** One server process of a fleet, which is killed and started again on the same port. */
export interface Replica extends AsyncDisposable {
  readonly name: string;
  readonly url: string;
  readonly socketUrl: string;
  /** Of the process that runs, or ran last. */
  readonly pid: number;
  /** SIGKILL; resolves when it has ended. */
  kill(): Promise<void>;
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number>;
  signal(signal: Deno.Signal): void;
  start(): Promise<void>;
  /** A page of it as text; `undefined` where it does not answer within a second. */
  ask(path: "/health" | "/metrics"): Promise<string | undefined>;
  /** How often it was killed. */
  readonly kills: number;
  /** What all its processes have printed. */
  output(): string;
  /** What no fault excuses: an end that nobody asked for, an error that nobody caught. */
  faults(): readonly string[];
}

/** Starts a server from an entry (`main.ts`) with these settings. */
export async function startReplica(name: string, entry: string, settings: Record<string, string>): Promise<Replica> {
  const port = await freePort();
  const dataDir = await Deno.makeTempDir({ prefix: "mcp-data-" });
  const url = `http://127.0.0.1:${port}`;
  const ended: string[] = [];
  const processes: Service[] = [];
  let kills = 0;
  let service: Service;

  const start = async () => {
    const started = service = startService(Deno.execPath(), {
      args: ["run", "--quiet", ...SERVER_FLAGS, `${ROOT}${entry}`],
      env: {
        ...bareEnvironment(),
        HOST: "127.0.0.1",
        ...settings,
        REPLICA: name,
        PORT: `${port}`,
        DATA_DIR: dataDir,
      },
      clearEnv: true,
      cwd: ROOT,
    });
    processes.push(started);
    started.status.then(({ code, signal }) => {
      if (!asked.has(started)) {
        ended.push(`${name} ended by itself, ${signal ?? code}: ${started.output().slice(-2000)}`);
      }
    });
    await started.printed("Listening on");
  };
  const asked = new Set<Service>();
  const end = async (signal: Deno.Signal) => {
    asked.add(service);
    service.signal(signal);
    // Kills what does not stop.
    await service[Symbol.asyncDispose]();
    return (await service.status).code;
  };
  const dispose = async () => {
    if (service) await end("SIGTERM");
    await Deno.remove(dataDir, { recursive: true });
  };
  try {
    await start();
  } catch (error) {
    await dispose();
    throw error;
  }
  return {
    name,
    url,
    socketUrl: `ws://127.0.0.1:${port}/mcp`,
    get pid() {
      return service.pid;
    },
    async kill() {
      kills++;
      await end("SIGKILL");
    },
    stop: () => end("SIGTERM"),
    signal: (signal) => service.signal(signal),
    start,
    async ask(path) {
      try {
        return await (await fetch(`${url}${path}`, { signal: AbortSignal.timeout(ASK_MS) })).text();
      } catch {
        return undefined;
      }
    },
    get kills() {
      return kills;
    },
    output: () => processes.map((process) => process.output()).join("\n"),
    faults: () => [
      ...ended,
      ...processes.flatMap((process) =>
        process.output().split("\n").filter((line) => UNCAUGHT.some((words) => line.includes(words)))
      ).map((line) => `${name} printed: ${line}`),
    ],
    [Symbol.asyncDispose]: dispose,
  };
}
