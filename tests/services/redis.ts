import assert from "node:assert/strict";
import { findBinary, freePort, type Service, startService } from "./process.ts";

export interface RedisOptions {
  /**
   * Whether it keeps a file, and whether that is synced to disk each second, as in production: a slow disk then holds
   * commands up for seconds. Without, it outlives the process, which is all that a test ends.
   */
  readonly appendonly?: boolean | "synced";
  /** A free one where left out. */
  readonly port?: number;
  /** Where it keeps its files; a temporary folder that goes with the service where left out. */
  readonly dir?: string;
  /** Further arguments for redis-server: `["--requirepass", "secret"]`. */
  readonly args?: readonly string[];
  /** Arguments for redis-cli, such as the password. */
  readonly cliArgs?: readonly string[];
}

/** A Redis of a test, on 127.0.0.1. */
export interface RedisService extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** Runs redis-cli against it. @returns what it prints, without the last line end. */
  cli(...args: string[]): Promise<string>;
  signal(signal: Deno.Signal): void;
  /** Kills it (SIGKILL) and waits for its end. */
  kill(): Promise<void>;
  /** Starts it again after `kill`, on the same port and folder. */
  restart(): Promise<void>;
}

/** Starts a Redis and waits until it takes connections. */
export async function startRedis(options: RedisOptions = {}): Promise<RedisService> {
  const binary = findBinary("redis-server", ["/usr/bin/redis-server", "/usr/local/bin/redis-server"]);
  const cliBinary = findBinary("redis-cli", ["/usr/bin/redis-cli", "/usr/local/bin/redis-cli"]);
  const port = options.port ?? await freePort();
  const dir = options.dir ?? await Deno.makeTempDir({ prefix: "redis_" });

  const start = async (): Promise<Service> => {
    const service = startService(binary, {
      args: [
        ...["--port", `${port}`, "--bind", "127.0.0.1", "--dir", dir, "--save", ""],
        ...["--appendonly", options.appendonly ? "yes" : "no"],
        ...["--appendfsync", options.appendonly === "synced" ? "everysec" : "no", ...options.args ?? []],
      ],
    });
    try {
      await service.printed("Ready to accept connections");
    } catch (error) {
      await service[Symbol.asyncDispose]();
      throw error;
    }
    return service;
  };

  let service = await start();
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    async cli(...args) {
      const command = new Deno.Command(cliBinary, { args: ["-p", `${port}`, ...options.cliArgs ?? [], ...args] });
      const { code, stdout, stderr } = await command.output();
      assert.equal(code, 0, new TextDecoder().decode(stderr));
      return new TextDecoder().decode(stdout).replace(/\n$/, "");
    },
    signal: (signal) => service.signal(signal),
    async kill() {
      service.signal("SIGKILL");
      await service[Symbol.asyncDispose]();
    },
    async restart() {
      service = await start();
    },
    async [Symbol.asyncDispose]() {
      await service[Symbol.asyncDispose]();
      if (options.dir === undefined) await Deno.remove(dir, { recursive: true });
    },
  };
}
