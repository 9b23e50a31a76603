import { type Service, startService } from "./process.ts";

/** A server process of a test. */
export interface ServerService extends Service {
  readonly port: number;
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  /** `ws://127.0.0.1:<port>/mcp` */
  readonly socketUrl: string;
}

export const ROOT = new URL("../..", import.meta.url).pathname;

/** `deno run`'s flags as in the task `start`. */
export const SERVER_FLAGS = ["--allow-net", "--allow-env", "--allow-read", "--allow-write", "--allow-sys"];

const LISTENING = /Listening on \S+:(\d+)\b.*\n/;

/** What a process needs of the environment to run at all; nothing else of it reaches the server. */
export function bareEnvironment(): Record<string, string> {
  const names = ["PATH", "HOME", "DENO_DIR", "TMPDIR", "DENO_TLS_CA_STORE"];
  return Object.fromEntries(names.flatMap((name) => {
    const value = Deno.env.get(name);
    return value === undefined ? [] : [[name, value]];
  }));
}

/**
 * Starts main.ts on 127.0.0.1 and a free port, with a fresh DATA_DIR, unless the settings say otherwise, and waits until
 * it listens.
 *
 * @param entry another program that starts the same server, by its path in this repository
 */
export async function startServer(settings: Record<string, string> = {}, entry = "main.ts"): Promise<ServerService> {
  const dataDir = settings["DATA_DIR"] ?? await Deno.makeTempDir({ prefix: "mcp-data-" });
  const service = startService(Deno.execPath(), {
    args: ["run", "--quiet", ...SERVER_FLAGS, `${ROOT}${entry}`],
    env: { ...bareEnvironment(), HOST: "127.0.0.1", PORT: "0", ...settings, DATA_DIR: dataDir },
    clearEnv: true,
    cwd: ROOT,
  });
  const stop = async () => {
    await service[Symbol.asyncDispose]();
    if (!settings["DATA_DIR"]) await Deno.remove(dataDir, { recursive: true });
  };
  try {
    await service.printed(LISTENING);
  } catch (error) {
    await stop();
    throw error;
  }
  const port = Number(LISTENING.exec(service.output())?.[1]);
  return {
    ...service,
    port,
    url: `http://127.0.0.1:${port}`,
    socketUrl: `ws://127.0.0.1:${port}/mcp`,
    [Symbol.asyncDispose]: stop,
  };
}
