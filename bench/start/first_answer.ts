import { bareEnvironment, SERVER_FLAGS } from "../../tests/services/server.ts";
import { freePort } from "../../tests/services/process.ts";
import { residentMiB, threadsMs } from "../load/process_cost.ts";

/** A start, up to its first answer. */
export interface Start {
  readonly ms: number;
  /** Of all threads, garbage collection and compilation included. */
  readonly processorMs: number;
  readonly rssMiB: number;
}

const GET = '{"jsonrpc":"2.0","id":1,"method":"ctx.get","params":{"key":"first"}}';
export const LIST_PODS = '{"jsonrpc":"2.0","id":1,"method":"k8s.list_pods","params":{"namespace":"mcp-lab"}}';
const DEADLINE_MS = 30_000;
/** Between two attempts to connect: what is refused costs next to nothing. */
const RETRY_MS = 2;

/** Spawns a server and asks it from then on until it answers. @throws when the answer is no result */
export async function firstAnswer({ root, entry, env, call = GET }: {
  readonly root: string;
  readonly entry: string;
  readonly env: Readonly<Record<string, string>>;
  readonly call?: string;
}): Promise<Start> {
  const port = await freePort();
  const startedMs = performance.now();
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", ...SERVER_FLAGS, `${root}/${entry}`],
    env: { ...bareEnvironment(), HOST: "127.0.0.1", PORT: `${port}`, ...env },
    clearEnv: true,
    cwd: root,
    stdout: "null",
    stderr: "inherit",
  }).spawn();
  try {
    using connection = await connect(port, startedMs + DEADLINE_MS);
    const reply = await post(connection, call);
    const ms = performance.now() - startedMs;
    if (!reply.includes('"result":')) throw new Error(`Not a result: ${reply}`);
    return { ms, processorMs: threadsMs(child.pid), rssMiB: residentMiB(child.pid) };
  } finally {
    child.kill("SIGTERM");
    await child.status;
  }
}

async function connect(port: number, deadlineMs: number): Promise<Deno.TcpConn> {
  while (performance.now() < deadlineMs) {
    try {
      return await Deno.connect({ hostname: "127.0.0.1", port });
    } catch (error) {
      if (!(error instanceof Deno.errors.ConnectionRefused)) throw error;
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
  throw new Error(`Nothing listens on ${port} after ${DEADLINE_MS} ms`);
}

/** @returns the whole response, until the server closes the connection */
async function post(connection: Deno.TcpConn, body: string): Promise<string> {
  const head = ["POST /mcp HTTP/1.1", "host: 127.0.0.1", "connection: close", "content-type: application/json"];
  await connection.write(new TextEncoder().encode([...head, `content-length: ${body.length}`, "", body].join("\r\n")));
  return await new Response(connection.readable).text();
}

/** A DENO_DIR with the packages that were downloaded, and without anything compiled or analysed. */
export async function coldCache(): Promise<AsyncDisposable & { readonly path: string }> {
  const info = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
  const { denoDir } = JSON.parse(new TextDecoder().decode(info.stdout));
  const path = await Deno.makeTempDir({ prefix: "deno-dir-" });
  await Deno.symlink(`${denoDir}/npm`, `${path}/npm`);
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}
