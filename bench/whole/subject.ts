import { type Service, startService } from "../../tests/services/process.ts";
import { bareEnvironment, ROOT, SERVER_FLAGS } from "../../tests/services/server.ts";

/** What is measured: a server in a process of its own. */
export interface Subject extends AsyncDisposable {
  /** Of 127.0.0.1. */
  readonly port: number;
  readonly pid: number;
  /** What it printed so far. */
  output(): string;
}

/** The core that whatever is measured has for itself, as far as the machine allows. */
const CORE = "0";

/** Leaves that core to what is measured: this process, and what it starts from now on, has the others. */
export async function keepOffItsCore(): Promise<void> {
  const cores = navigator.hardwareConcurrency;
  if (cores < 2) return;
  const args = ["-acp", cores === 2 ? "1" : `1-${cores - 1}`, `${Deno.pid}`];
  const { success, stderr } = await new Deno.Command("taskset", { args }).output();
  if (!success) throw new Error(`Cannot leave core ${CORE}: ${new TextDecoder().decode(stderr)}`);
}

interface Placing {
  /** Asked for; read from what it prints where left out. */
  readonly port?: number;
  /** In the form of `taskset -c`; the one core where left out. */
  readonly cores?: string;
}

/** Starts a program on its core. */
async function startPinned(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  printed: RegExp,
  { port, cores = CORE }: Placing = {},
): Promise<Subject> {
  const service: Service = startService("taskset", {
    args: ["-c", cores, command, ...args],
    env: { ...bareEnvironment(), ...env },
    clearEnv: true,
    cwd: ROOT,
  });
  try {
    await service.printed(printed);
  } catch (error) {
    await service[Symbol.asyncDispose]();
    throw error;
  }
  return {
    port: port ?? Number(printed.exec(service.output())?.[1]),
    pid: service.pid,
    output: service.output,
    [Symbol.asyncDispose]: () => service[Symbol.asyncDispose](),
  };
}

const LISTENING = /Listening on \S+:(\d+)\b.*\n/;

/** The limits count every call, and refuse none of a measurement's. */
const LIMITS = {
  RATE_LIMIT_PER_MINUTE: "10000000",
  ADDRESS_LIMIT_PER_MINUTE: "10000000",
  HTTP_IN_FLIGHT_MAX: "1000",
  IN_FLIGHT_MAX: "1000",
};

/** By the names of the environment. */
export type Settings = Readonly<Record<string, string>>;

/** The product. @param entry its program, by its path in this repository */
export function startProduct(settings: Settings, entry = "main.ts"): Promise<Subject> {
  return startServer(SERVER_FLAGS, entry, settings);
}

/**
 * The product, which prints how long its event loop stands still (stall.ts); only with all rights it can tell why. It is
 * left to the system's scheduler: on one core the threads of V8's collector stand in the way of the event loop.
 */
export function startWatched(settings: Settings): Promise<Subject> {
  const cores = `0-${navigator.hardwareConcurrency - 1}`;
  return startServer(["--allow-all"], "bench/whole/stalls.ts", settings, { cores });
}

function startServer(flags: readonly string[], entry: string, settings: Settings, placing?: Placing): Promise<Subject> {
  const all = { HOST: "127.0.0.1", PORT: "0", ...LIMITS, ...settings };
  return startPinned(Deno.execPath(), ["run", "--quiet", ...flags, `${ROOT}${entry}`], all, LISTENING, placing);
}

/** A program of this folder: one of the echoes. */
export function startEcho(name: "echo" | "echo_sdk"): Promise<Subject> {
  return startPinned(Deno.execPath(), ["run", "--quiet", "-A", `${ROOT}bench/whole/${name}.ts`], {}, LISTENING);
}

/** @param folder where npm has installed it */
export function startEverything(folder: string): Promise<Subject> {
  const port = freePort();
  const path = `${folder}/node_modules/@modelcontextprotocol/server-everything/dist/index.js`;
  return startPinned("node", [path, "streamableHttp"], { PORT: `${port}` }, /listening on port \d+/i, { port });
}

/** @param folder where npm has installed it */
export function startKubernetesPeer(folder: string, kubeconfig: string): Promise<Subject> {
  const port = freePort();
  const path = `${folder}/node_modules/kubernetes-mcp-server-linux-amd64/bin/kubernetes-mcp-server-linux-amd64`;
  // Go takes as many processors as it may use; it may use the one.
  return startPinned(path, ["--port", `${port}`, "--kubeconfig", kubeconfig], {}, /server starting|listening/i, {
    port,
  });
}

/** Opens a session by the handshake. @returns the headers that name it */
export async function openSession(port: number): Promise<Readonly<Record<string, string>>> {
  const headers = { "content-type": "application/json", accept: "application/json, text/event-stream" };
  const clientInfo = { name: "bench", version: "1" };
  const params = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo };
  const send = (message: object, more: Readonly<Record<string, string>> = {}) =>
    fetch(`http://127.0.0.1:${port}/mcp`, {
      method: "POST",
      headers: { ...headers, ...more },
      body: JSON.stringify({ jsonrpc: "2.0", ...message }),
    });
  const opened = await send({ id: 0, method: "initialize", params });
  await opened.text();
  const id = opened.headers.get("mcp-session-id");
  const session = { ...headers, "mcp-protocol-version": "2025-11-25", ...(id !== null && { "mcp-session-id": id }) };
  await (await send({ method: "notifications/initialized" }, session)).text();
  return session;
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
